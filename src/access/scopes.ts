/** The rights of callers, as OAuth scopes (RFC 6749, 3.3). */
export const scopes = {
  create: 'evaluations:create',
  report: 'evaluations:report',
  read: 'evaluations:read',
  /** To see scores and levels, if these are not shown to everybody. */
  signals: 'evaluations:signals',
  /** To act for every customer, if callers are bound to their own. */
  anyCustomer: 'evaluations:any-customer',
} as const;

/** The customers that a caller may act for. */
export type CustomerBinding =
  | { readonly kind: 'any' }
  | { readonly kind: 'own'; readonly id: string }
  /** Callers are bound to their customer, and this caller has none, so it may name no customer. */
  | { readonly kind: 'none' };

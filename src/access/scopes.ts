/** What a caller may be allowed to do; as OAuth scopes (RFC 6749, 3.3). */
export const scopes = {
  create: 'evaluations:create',
  report: 'evaluations:report',
  read: 'evaluations:read',
  /** To see scores and levels, where these are not shown to everybody. */
  signals: 'evaluations:signals',
  /** To act for every customer, where callers are bound to their own. */
  anyCustomer: 'evaluations:any-customer',
} as const;

/** For which customers a caller may act. */
export type CustomerBinding =
  | { readonly kind: 'any' }
  | { readonly kind: 'own'; readonly id: string }
  /** Callers are bound to their customer, and this one has none: it may name no customer. */
  | { readonly kind: 'none' };

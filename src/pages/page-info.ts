/** What a page knows about its gateway, written into its HTML as `data-page-info`. */
export interface PageInfo {
  readonly mode: 'sandbox' | 'test' | 'live';
  /** Which of Stripe's APIs. */
  readonly stripeApi: 'v1' | 'v2';
  /** Sent as `Stripe-Version`. */
  readonly upstreamVersion: string;
  /** Whether this version's reports are events or decisions. */
  readonly reports: 'events' | 'outcomes';
  /** Whether this version can retrieve evaluations. */
  readonly retrieves: boolean;
  /** Whether the upstream accepts the e-mail, name and phone of a person who is not a Stripe customer yet. */
  readonly customerData: boolean;
}

/** What a page knows about the gateway that serves it; written into its HTML as `data-facts`. */
export interface PageFacts {
  readonly mode: 'sandbox' | 'test' | 'live';
  /** Sent as `Stripe-Version`. */
  readonly upstreamVersion: string;
  /** The reports that this version takes: of what happened, or of what was decided. */
  readonly reports: 'events' | 'outcomes';
  /** Whether this version gives evaluations back. */
  readonly retrieves: boolean;
  /** Whether the upstream takes the e-mail, name and phone of somebody who is no Stripe customer yet. */
  readonly customerData: boolean;
}

/** What a page knows about the gateway that serves it; written into its HTML as `data-facts`. */
export interface PageFacts {
  readonly mode: 'sandbox' | 'test' | 'live';
  /** Which of Stripe's APIs. */
  readonly stripeApi: 'v1' | 'v2';
  /** Sent as `Stripe-Version`. */
  readonly upstreamVersion: string;
  /** The reports that this version takes: of what happened, or of what was decided. */
  readonly reports: 'events' | 'outcomes';
  /** Whether this version gives evaluations back. */
  readonly retrieves: boolean;
  /** Whether the upstream takes the e-mail, name and phone of somebody who is no Stripe customer yet. */
  readonly customerData: boolean;
}

/** How requests leave the gateway, to Stripe as to an issuer's key set. */
export interface OutgoingRequests {
  /** The product and its version (RFC 9110, 10.1.5): some firewalls refuse requests without one. */
  readonly userAgent: string;
}

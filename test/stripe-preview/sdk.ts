import Stripe from 'stripe';
import ReleasedStripe from 'stripe-released';

/** Stripe's SDK with `v2.signals`, at this URL. */
export function stripePreview(url: string, secretKey: string): Stripe {
  return new Stripe(secretKey, optionsFor(url));
}

/** Stripe's stable SDK, at this URL. */
export function stripeReleased(url: string, secretKey: string): ReleasedStripe {
  return new ReleasedStripe(secretKey, optionsFor(url));
}

function optionsFor(url: string) {
  const { hostname, port } = new URL(url);
  return { host: hostname, port, protocol: 'http', telemetry: false, maxNetworkRetries: 0 } as const;
}

import Stripe from 'stripe';
import ReleasedStripe from 'stripe-released';

/** Stripe's own SDK with `v2.signals`, speaking to `url`. */
export function stripePreview(url: string, secretKey: string): Stripe {
  return new Stripe(secretKey, optionsFor(url));
}

/** Stripe's own SDK as most use it, speaking to `url`. */
export function stripeReleased(url: string, secretKey: string): ReleasedStripe {
  return new ReleasedStripe(secretKey, optionsFor(url));
}

function optionsFor(url: string) {
  const { hostname, port } = new URL(url);
  return { host: hostname, port, protocol: 'http', telemetry: false, maxNetworkRetries: 0 } as const;
}

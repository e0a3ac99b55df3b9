import Stripe from 'stripe';

/** Stripe's own SDK with `v2.signals`, speaking to `url`. */
export function stripePreview(url: string, secretKey: string): Stripe {
  const { hostname, port } = new URL(url);
  return new Stripe(secretKey, {
    host: hostname,
    port,
    protocol: 'http',
    telemetry: false,
    maxNetworkRetries: 0,
  });
}

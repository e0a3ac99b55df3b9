import { afterAll } from '@jest/globals';
import { type ProcessOptions, startTestGateway, type TestGateway } from './gateway.ts';

/**
 * Returns a function that starts one gateway for each environment, however often it is called. They are closed after
 * all tests of the `describe` or file that calls this. A start takes half a second of CPU, so tests that leave nothing
 * behind, in the gateway or in its log, share one.
 */
export function sharedGateways(
  options?: ProcessOptions,
): (environment?: Record<string, string>) => Promise<TestGateway> {
  const gateways = new Map<string, Promise<TestGateway>>();
  afterAll(async () => {
    const closed = await Promise.allSettled([...gateways.values()].map(async (each) => (await each).close()));
    for (const each of closed) if (each.status === 'rejected') throw each.reason;
  });
  return (environment = {}) => {
    const settings = JSON.stringify(environment);
    const started = gateways.get(settings);
    if (started !== undefined) return started;
    const gateway = startTestGateway(environment, options);
    gateways.set(settings, gateway);
    // The next test starts another.
    gateway.catch(() => gateways.delete(settings));
    return gateway;
  };
}

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything } from '../harness/evaluations.ts';
import { type FaultyUpstream, startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { personalInput } from '../harness/personal-input.ts';

describe('when more comes than the process can do', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeEach(async () => {
    upstream = await startFaultyUpstream();
    gateway = await startTestGateway(
      upstreamAt(upstream.url, { MAX_EVENT_LOOP_DELAY_MS: '1', CORS_ORIGINS: 'https://shop.example' }),
    );
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  const isUp = async (): Promise<boolean> => {
    const answer = await fetch(`${gateway.url}/healthz`);
    return answer.ok && (await answer.text()).includes('up');
  };

  /** As behind a balancer: over open connections requests arrive together, where new ones are taken one by one. */
  const openConnections = (count: number) => Promise.all(Array.from({ length: count }, isUp));

  const call = (idempotencyKey: string): Promise<Response> =>
    fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'https://shop.example' },
      body: JSON.stringify({
        query: createEverything,
        variables: { input: { ...personalInput, idempotencyKey } },
      }),
    });

  it('does a part of it, sheds the rest before anything is done for it, and does that when it is repeated', async () => {
    const keys = Array.from({ length: 300 }, (_, index) => `key ${index}`);
    await openConnections(keys.length);
    const answers = await Promise.all(keys.map(call));
    const shed = keys.filter((_, index) => answers[index]?.status === 503);
    expect(shed.length).toBeGreaterThan(0);
    expect(shed.length).toBeLessThan(keys.length);
    expect(upstream.keys).toHaveLength(keys.length - shed.length);

    const refused = answers.find(({ status }) => status === 503);
    expect(refused?.headers.get('retry-after')).toBe('1');
    // Without it, a page could not read that it may repeat.
    expect(refused?.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(await refused?.json()).toEqual({
      errors: [
        {
          message: expect.stringContaining('repeat with the same idempotency key'),
          extensions: {
            code: 'OVERLOADED',
            retryable: true,
            effect: 'NONE',
            retryAfterMs: 1000,
            requestId: refused?.headers.get('x-request-id'),
          },
        },
      ],
    });

    for (const key of shed) expect((await call(key)).status).toBe(200);
    expect(new Set(upstream.keys).size).toBe(keys.length);
  });

  it('still tells whether it is up', async () => {
    await openConnections(300);
    const calls = Array.from({ length: 280 }, (_, index) => call(`key ${index}`));
    expect(await Promise.all(Array.from({ length: 20 }, isUp))).not.toContain(false);
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses).toContain(503);
  });
});

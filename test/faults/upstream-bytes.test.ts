import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { failureCodes } from '../../src/errors/error-codes.ts';
import { createEverything } from '../harness/evaluations.ts';
import { type FaultyUpstream, startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { canaries, personalInput } from '../harness/personal-input.ts';

// `BYTES_RUNS=10000` makes a longer run by hand.
const runs = Number(process.env['BYTES_RUNS'] ?? 100);

const status = fc.constantFrom(
  '200 OK',
  '200',
  '100 Continue',
  '204 No Content',
  '304 Not Modified',
  '400 Bad Request',
  '409 Conflict',
  '500 Oops',
  '999 Odd',
  '2000 Much',
  '-1 Little',
);
const header = fc.oneof(
  fc.constantFrom(
    'content-type: application/json',
    'content-type: text/html',
    'content-length: 400',
    'content-length: 0',
    'content-length: 99999999999999999999',
    'content-length: -1',
    'transfer-encoding: chunked',
    'transfer-encoding: gzip, chunked',
    'content-encoding: gzip',
    'connection: upgrade',
    'upgrade: websocket',
    'location: http://127.0.0.1:1/',
    'retry-after: 99999999999999999999',
    'stripe-should-retry: true',
    ' folded: yes',
    'no colon',
    'a\0b: c',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const body = fc.oneof(
  fc.constant('THE ANSWER'),
  fc.constant('0\r\n\r\n'),
  fc.constant('fffffffffffffffff\r\nx'),
  fc.json(),
  fc.string({ unit: 'binary' }),
);
/** Something like a response, or nothing like one, in pieces, and possibly with more bytes after it. */
const bytes = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(status, fc.array(header, { maxLength: 4 }), body)
      .map(([first, lines, rest]) => [`HTTP/1.1 ${first}`, ...lines, '', rest].join('\r\n')),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
);
const pieces = fc.array(bytes, { minLength: 1, maxLength: 3 });

describe('whatever bytes the upstream answers', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let made = 0;

  beforeAll(async () => {
    upstream = await startFaultyUpstream();
    const limits = { UPSTREAM_TIMEOUT_MS: '1000', UPSTREAM_DEADLINE_MS: '2000', UPSTREAM_MAX_ATTEMPTS: '1' };
    gateway = await startTestGateway(upstreamAt(upstream.url, limits));
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  const create = async () => {
    const input = { ...personalInput, idempotencyKey: `key ${made++}` };
    const { data, text } = await gateway.send(createEverything, { input });
    for (const canary of canaries) expect(text).not.toContain(canary);
    return data.createCustomerEvaluation;
  };
  /** A call that succeeds with its own evaluation, the newest of all. */
  const createWell = async (): Promise<void> => {
    upstream.always();
    const payload = await create();
    expect(payload.errors).toEqual([]);
    expect(payload.customerEvaluation.id).toBe(`ceval_${upstream.effects}`);
  };

  it(
    'the outcome is typed whatever bytes the upstream sends, and the next caller gets its own response',
    async () => {
      await fc.assert(
        fc.asyncProperty(pieces, async (parts) => {
          upstream.always(({ socket, takeEffect }) => {
            const answer = takeEffect();
            for (const part of parts) socket.write(part.replace('THE ANSWER', answer), 'latin1');
            socket.end();
          });
          const payload = await create();
          if (payload.customerEvaluation === null) {
            const { code, effect } = payload.errors[0] ?? {};
            expect(Object.keys(failureCodes)).toContain(code);
            expect(['NONE', 'UNKNOWN']).toContain(effect);
          } else {
            expect(payload.customerEvaluation.id).toBe(`ceval_${upstream.effects}`);
          }
          // Enough successes to keep the breaker closed, which opens if half of the calls fail.
          for (let count = 0; count < 2; count += 1) await createWell();
        }),
        { numRuns: runs },
      );
      const log = (await gateway.flushed()).join('\n');
      for (const word of ['unhandled error', ...canaries]) expect(log).not.toContain(word);
    },
    30_000 + runs * 100,
  );
});

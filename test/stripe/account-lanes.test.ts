import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { OverloadedError } from '../../src/errors/overloaded-error.ts';
import { UpstreamCallError } from '../../src/errors/upstream-call-error.ts';
import { AccountLane } from '../../src/stripe/http/account-lane.ts';
import { AccountLanes } from '../../src/stripe/http/account-lanes.ts';
import { probeAfterMs } from '../../src/stripe/http/breaker.ts';
import type { Call } from '../../src/stripe/http/call.ts';
import { Deadline } from '../../src/stripe/http/deadline.ts';
import { createOutgoingRequests } from '../../src/stripe/http/outgoing-requests.ts';
import { Transport } from '../../src/stripe/http/transport.ts';

/** How long a call waits for one of the slots of `UPSTREAM_MAX_CONCURRENCY`. */
const maxWaitMs = 200;

describe('a lane with one call in flight and one call a second', () => {
  let lane: AccountLane;
  let lanes: AccountLanes;
  const call = (caller: string): Call => ({ caller, deadline: new Deadline(8_000), signal: undefined });

  beforeEach(() => {
    jest.useFakeTimers();
    const transport = new Transport({
      origin: 'http://127.0.0.1:1',
      connectTimeoutMs: 100,
      maxConnections: 1,
      openPool: createOutgoingRequests('test/1', undefined).openPool,
    });
    const limits = { timeoutMs: 1_000, maxAttempts: 1, maxConcurrency: 1, maxPerSecond: 1 };
    lanes = new AccountLanes(() => new AccountLane(undefined, transport, limits, () => undefined), 1, false);
    lane = lanes.of(undefined);
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('a lane takes the rate back from a call that gets no slot', async () => {
    lanes.enter(lane, call('in flight'), false);
    expect(lane.acquireRate(call('late'))).toBe(true);
    const late = lanes.enter(lane, call('late'), true);
    const refused = expect(late).rejects.toThrow(OverloadedError);
    await jest.advanceTimersByTimeAsync(maxWaitMs);
    await refused;
    expect(lane.acquireRate(call('next'))).toBe(true);
  });

  it('a lane takes no rate back from a call that had none, because the breaker’s probe was in flight when it came', async () => {
    for (let attempt = 0; attempt < 10; attempt += 1) lane.breaker.admit()('failed');
    await jest.advanceTimersByTimeAsync(probeAfterMs);
    expect(lane.acquireRate(call('probe'))).toBe(true);
    lanes.enter(lane, call('probe'), true);
    const endProbe = lane.breaker.admit();
    expect(lane.acquireRate(call('late'))).toBe(false);
    const late = lanes.enter(lane, call('late'), false);
    const refused = expect(late).rejects.toThrow(OverloadedError);
    endProbe('succeeded');
    await jest.advanceTimersByTimeAsync(maxWaitMs);
    await refused;
    const next = lane.acquireRate(call('next'));
    expect(next).toBeInstanceOf(Promise);
    lane.close();
    await expect(next).rejects.toThrow(UpstreamCallError);
  });
});

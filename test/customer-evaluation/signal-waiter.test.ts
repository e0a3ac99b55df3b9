import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { CustomerEvaluation } from '../../src/customer-evaluation/customer-evaluation.type.ts';
import { type SignalWaitEnd, SignalWaiter } from '../../src/customer-evaluation/v2/signal-waiter.ts';
import { UpstreamCallError } from '../../src/errors/upstream-call-error.ts';
import type { Call } from '../../src/stripe/http/call.ts';
import { Deadline } from '../../src/stripe/http/deadline.ts';

const evaluation = { id: 'acctevl_1', pendingSignals: ['ACCOUNT_SHARING'] } as unknown as CustomerEvaluation;
const complete = { id: 'acctevl_1', pendingSignals: [] } as unknown as CustomerEvaluation;

describe('a wait for pending signals', () => {
  let ends: SignalWaitEnd[];
  /** When each read started, and how much time it had, in milliseconds. */
  let reads: { readonly at: number; readonly leftMs: number }[];

  beforeEach(() => {
    jest.useFakeTimers();
    ends = [];
    reads = [];
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  /** Waits for signals that are complete from `readyAt` on, if each read takes `readMs`. */
  const waitFor = async (waitMs: number, readyAt: number, readMs: number): Promise<void> => {
    const waiter = new SignalWaiter({ waitMs, maxReadsPerSecond: 20 }, (end) => ends.push(end));
    const startedAt = performance.now();
    const read = async ({ deadline }: Call): Promise<CustomerEvaluation> => {
      const at = performance.now() - startedAt;
      reads.push({ at, leftMs: deadline.remainingMs });
      await new Promise((resolve) => setTimeout(resolve, readMs));
      return at >= readyAt ? complete : evaluation;
    };
    const call = { caller: 'one', deadline: new Deadline(8_000), signal: undefined };
    const waited = waiter.complete(evaluation, call, read);
    await jest.advanceTimersByTimeAsync(waitMs + 1_000);
    await waited;
  };

  it.each([400, 600, 1_000, 2_000, 3_000])(
    'a wait of %i ms for pending signals reads them once more in its last 300 ms, with time for the response',
    async (waitMs) => {
      await waitFor(waitMs, waitMs - 310, 100);
      expect(ends).toEqual(['complete']);
      for (const { leftMs } of reads) expect(leftMs).toBeGreaterThanOrEqual(100);
    },
  );

  it.each([
    { waitMs: 150, pauseMs: 75 },
    { waitMs: 250, pauseMs: 100 },
    { waitMs: 300, pauseMs: 100 },
  ])('a wait of $waitMs ms for pending signals begins its only read after $pauseMs ms', async (each) => {
    await waitFor(each.waitMs, each.pauseMs - 1, 50);
    expect(ends).toEqual(['complete']);
    expect(reads.map(({ at }) => Math.round(at))).toEqual([each.pauseMs]);
  });

  it('a wait for pending signals gives its last read as much time as the reads before it took', async () => {
    await waitFor(2_000, 1_500, 300);
    expect(ends).toEqual(['complete']);
    for (const { leftMs } of reads) expect(leftMs).toBeGreaterThanOrEqual(300);
  });

  it('a wait for pending signals above the limit on reads has time for each read that it gets', async () => {
    const waiter = new SignalWaiter({ waitMs: 2_000, maxReadsPerSecond: 20 }, (end) => ends.push(end));
    const read = async ({ deadline }: Call): Promise<CustomerEvaluation> => {
      const isInTime = deadline.remainingMs >= 200;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return isInTime ? complete : evaluation;
    };
    const waits: Promise<unknown>[] = [];
    for (let count = 0; count < 300; count += 1) {
      const each = { ...evaluation, id: `acctevl_${count}` } as CustomerEvaluation;
      const call = { caller: `caller ${count}`, deadline: new Deadline(8_000), signal: undefined };
      waits.push(waiter.complete(each, call, read));
      await jest.advanceTimersByTimeAsync(1_000 / 30);
    }
    await jest.advanceTimersByTimeAsync(3_000);
    await Promise.all(waits);
    // Twenty a second, for ten seconds.
    expect(ends.filter((end) => end === 'complete').length).toBeGreaterThanOrEqual(150);
  });

  it('a wait for pending signals that ends before that of another caller returns the last read of both', async () => {
    const waiter = new SignalWaiter({ waitMs: 3_000, maxReadsPerSecond: 20 }, (end) => ends.push(end));
    const begun = { id: 'acctevl_1', pendingSignals: ['A', 'B'] } as unknown as CustomerEvaluation;
    const startedAt = performance.now();
    const read = async (): Promise<CustomerEvaluation> =>
      performance.now() - startedAt < 2_000 ? evaluation : complete;
    const callOf = (caller: string, ms: number) => ({
      caller,
      deadline: new Deadline(ms),
      signal: undefined,
    });
    const patient = waiter.complete(begun, callOf('patient', 8_000), read);
    const hasty = waiter.complete(begun, callOf('hasty', 1_000), read);
    await jest.advanceTimersByTimeAsync(4_000);
    expect([await hasty, await patient]).toEqual([evaluation, complete]);
    expect(ends).toEqual(['pending', 'complete']);
  });

  it('a wait for pending signals ends with the first read that fails for good', async () => {
    const waiter = new SignalWaiter({ waitMs: 2_000, maxReadsPerSecond: 20 }, (end) => ends.push(end));
    const failures = [
      new UpstreamCallError('NOT_FOUND', { effect: 'NONE' }),
      new UpstreamCallError('UPSTREAM_UNAVAILABLE', { effect: 'NONE' }),
      new UpstreamCallError('UPSTREAM_REFUSED', { effect: 'NONE' }),
    ];
    const read = jest.fn<() => Promise<CustomerEvaluation>>(() => Promise.reject(failures.shift()));
    const call = { caller: 'one', deadline: new Deadline(8_000), signal: undefined };
    const waited = waiter.complete(evaluation, call, read);
    await jest.advanceTimersByTimeAsync(3_000);
    expect(await waited).toBe(evaluation);
    expect(ends).toEqual(['pending']);
    expect(read).toHaveBeenCalledTimes(3);
  });

  it('a wait for pending signals ends with its last read if they are still pending, and reads no more', async () => {
    await waitFor(2_000, Number.POSITIVE_INFINITY, 20);
    expect(ends).toEqual(['pending']);
    expect(reads.length).toBeGreaterThanOrEqual(3);
    expect(reads.length).toBeLessThanOrEqual(6);
    for (const { leftMs } of reads) expect(leftMs).toBeGreaterThanOrEqual(140);
  });
});

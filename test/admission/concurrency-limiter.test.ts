import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ConcurrencyLimiter } from '../../src/admission/concurrency-limiter.ts';
import { Deadline } from '../../src/stripe/http/deadline.ts';

describe('the bound on calls in flight', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  const enter = (
    bulkhead: ConcurrencyLimiter,
    ended: string[],
    name: string,
    signal?: AbortSignal,
    deadline = new Deadline(10_000),
  ): Promise<unknown> =>
    Promise.resolve(bulkhead.enter({ caller: name, signal, deadline })).then(
      () => ended.push(name),
      (error: Error) => ended.push(`${name}: ${error.name}`),
    );
  const settle = (): Promise<void> => jest.advanceTimersByTimeAsync(0);

  it('the concurrency limiter admits its width at once, and the next as each leaves', async () => {
    const bulkhead = new ConcurrencyLimiter(2);
    const ended: string[] = [];
    for (const name of ['a', 'b', 'c', 'd']) void enter(bulkhead, ended, name);
    await settle();
    expect(ended).toEqual(['a', 'b']);
    expect(bulkhead).toMatchObject({ inFlight: 2, waiting: 2 });
    bulkhead.leave();
    await settle();
    expect(ended).toEqual(['a', 'b', 'c']);
    bulkhead.leave();
    await settle();
    expect(ended).toEqual(['a', 'b', 'c', 'd']);
    // Both places are still taken. They are free once both calls have left.
    bulkhead.leave();
    expect(bulkhead).toMatchObject({ inFlight: 1, waiting: 0 });
    bulkhead.leave();
    for (const name of ['e', 'f', 'g']) void enter(bulkhead, ended, name);
    await settle();
    expect(ended.slice(4)).toEqual(['e', 'f']);
    bulkhead.leave();
    await settle();
    expect(ended.slice(4)).toEqual(['e', 'f', 'g']);
  });

  it('the concurrency limiter lets no call wait longer than 200 ms, and queues at most its width', async () => {
    const bulkhead = new ConcurrencyLimiter(1);
    const ended: string[] = [];
    for (const name of ['one', 'one', 'one']) void enter(bulkhead, ended, name);
    await settle();
    expect(ended).toEqual(['one', 'one: QueueRejectedError']);
    await jest.advanceTimersByTimeAsync(199);
    expect(ended).toHaveLength(2);
    await jest.advanceTimersByTimeAsync(1);
    expect(ended[2]).toBe('one: QueueRejectedError');
  });

  it('the concurrency limiter lets a call wait until its deadline, wherever that moves, but not beyond 200 ms', async () => {
    const bulkhead = new ConcurrencyLimiter(3);
    const ended: string[] = [];
    for (const name of ['a', 'b', 'c']) void enter(bulkhead, ended, name);
    const [hasty, moved, patient] = [new Deadline(20), new Deadline(20), new Deadline(20)];
    void enter(bulkhead, ended, 'hasty', undefined, hasty);
    void enter(bulkhead, ended, 'moved', undefined, moved);
    void enter(bulkhead, ended, 'patient', undefined, patient);
    moved.extendTo(new Deadline(50));
    patient.extendTo(new Deadline(5_000));
    await jest.advanceTimersByTimeAsync(19);
    expect(ended).toEqual(['a', 'b', 'c']);
    await jest.advanceTimersByTimeAsync(1);
    expect(ended.slice(3)).toEqual(['hasty: QueueRejectedError']);
    await jest.advanceTimersByTimeAsync(30);
    expect(ended.slice(4)).toEqual(['moved: QueueRejectedError']);
    await jest.advanceTimersByTimeAsync(149);
    expect(ended).toHaveLength(5);
    await jest.advanceTimersByTimeAsync(1);
    expect(ended.slice(5)).toEqual(['patient: QueueRejectedError']);
  });

  it('the concurrency limiter gives no slot to a call whose client disconnected while it waited', async () => {
    const bulkhead = new ConcurrencyLimiter(1);
    const ended: string[] = [];
    const hangUp = new AbortController();
    void enter(bulkhead, ended, 'in');
    void enter(bulkhead, ended, 'gone', hangUp.signal);
    hangUp.abort();
    await settle();
    bulkhead.leave();
    void enter(bulkhead, ended, 'next');
    await settle();
    expect(ended).toEqual(['in', 'gone: QueueRejectedError', 'next']);
  });

  it('the concurrency limiter does not count a pause of the process as a wait of 200 ms', async () => {
    jest.useRealTimers();
    const bulkhead = new ConcurrencyLimiter(1);
    const ended: string[] = [];
    void enter(bulkhead, ended, 'in');
    const waiting = enter(bulkhead, ended, 'next');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
    // As responses are read: after the timers that ran out during the pause.
    setImmediate(() => bulkhead.leave());
    await waiting;
    expect(ended).toEqual(['in', 'next']);
    jest.useFakeTimers();
  });
});

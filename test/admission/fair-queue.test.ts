import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { FairQueue, inSteps, QueueRejectedError } from '../../src/admission/fair-queue.ts';

describe('the waiting line', () => {
  let ended: string[];

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    ended = [];
  });
  afterEach(() => {
    // A timer that is left would keep the process alive.
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  /** Adds `caller` to the queue and records how its wait ends, by name and number. */
  const join = (line: FairQueue, name: string, maxWaitMs = 10_000, signal?: AbortSignal): void => {
    line.wait({ caller: name.replace(/\d/, ''), signal }, inSteps(maxWaitMs)).then(
      () => ended.push(name),
      (error: unknown) => {
        expect(error).toBeInstanceOf(QueueRejectedError);
        expect(error).toMatchObject({ name: 'QueueRejectedError' });
        ended.push(`${name} refused`);
      },
    );
  };
  const admitAll = (line: FairQueue): void => {
    for (let most = 10; most > 0 && line.admitNext(); most -= 1);
  };
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('the fair queue serves a quiet caller in turn beside a busy one', async () => {
    const line = new FairQueue(10);
    for (const name of ['loud1', 'loud2', 'loud3', 'quiet', 'loud4']) join(line, name);
    admitAll(line);
    await settled();
    expect(ended).toEqual(['loud1', 'quiet', 'loud2', 'loud3', 'loud4']);
    expect(line.size).toBe(0);
    expect(line.admitNext()).toBe(false);
  });

  it('the fair queue makes room for a quiet caller at the cost of the busy one', async () => {
    const line = new FairQueue(4);
    for (const name of ['quiet1', 'loud1', 'loud2', 'loud3', 'quiet2']) join(line, name);
    await settled();
    expect(ended).toEqual(['loud3 refused']);
    expect(line.size).toBe(4);
    line.refuseAll();
    await settled();
    expect(ended.slice(1)).toEqual(['quiet1 refused', 'quiet2 refused', 'loud1 refused', 'loud2 refused']);
    expect(line.size).toBe(0);
  });

  it('the fair queue makes room at the cost of the busy caller, whether it came first or last', async () => {
    for (const names of [
      ['loud1', 'loud2', 'quiet', 'other'],
      ['quiet', 'loud1', 'other', 'loud2'],
      ['quiet', 'other', 'loud1', 'loud2'],
    ]) {
      ended = [];
      const line = new FairQueue(3);
      for (const name of names) join(line, name);
      await settled();
      expect(ended).toEqual(['loud2 refused']);
      line.refuseAll();
      await settled();
    }
  });

  it('the fair queue rejects the newest call of a single caller at once when full', async () => {
    const line = new FairQueue(3);
    for (const name of ['one1', 'one2', 'one3', 'one4', 'one5']) join(line, name);
    await settled();
    expect(ended).toEqual(['one4 refused', 'one5 refused']);
    line.refuseAll();
  });

  it('the fair queue rejects the newest call when it is full of callers with one call each', async () => {
    const line = new FairQueue(2);
    for (const name of ['a', 'b', 'c']) join(line, name);
    await settled();
    expect(ended).toEqual(['c refused']);
    line.admitNext();
    join(line, 'd');
    admitAll(line);
    await settled();
    expect(ended.slice(1)).toEqual(['a', 'b', 'd']);
  });

  it('the fair queue rejects and forgets calls that waited too long or whose client disconnected', async () => {
    const line = new FairQueue(10);
    const hangUp = new AbortController();
    join(line, 'slow', 200);
    join(line, 'gone1', 10_000, hangUp.signal);
    join(line, 'gone2');
    hangUp.abort();
    await settled();
    expect(ended).toEqual(['gone1 refused']);
    jest.advanceTimersByTime(199);
    await settled();
    expect(line.size).toBe(2);
    jest.advanceTimersByTime(1);
    await settled();
    expect(ended.slice(1)).toEqual(['slow refused']);
    expect(line.admitNext()).toBe(true);
    expect(line.admitNext()).toBe(false);
    await settled();
    expect(ended.slice(2)).toEqual(['gone2']);
  });

  it.each([1, 10])(
    'the fair queue does not admit a call whose client has already disconnected, with room for %d',
    async (capacity) => {
      const line = new FairQueue(capacity);
      join(line, 'there');
      join(line, 'gone', 10_000, AbortSignal.abort());
      await settled();
      expect(ended).toEqual(['gone refused']);
      expect(line.size).toBe(1);
      line.refuseAll();
    },
  );

  it('the fair queue rejects a call whose time was up already, without a negative timer, of which Node warns', async () => {
    const timer = jest.spyOn(globalThis, 'setTimeout');
    const line = new FairQueue(10);
    join(line, 'late', -0.5);
    jest.advanceTimersByTime(1);
    await settled();
    expect(ended).toEqual(['late refused']);
    expect(timer.mock.calls.map(([, ms]) => ms)).toEqual([0]);
    timer.mockRestore();
  });

  it('the fair queue leaves no listener on a signal that outlives the wait', async () => {
    const line = new FairQueue(10);
    const { signal } = new AbortController();
    for (const name of ['admitted', 'refused']) join(line, name, 10_000, signal);
    line.admitNext();
    line.refuseAll();
    await settled();
    expect(ended).toEqual(['admitted', 'refused refused']);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('the fair queue rejects the newest calls of the busiest caller when it is made shorter', async () => {
    const line = new FairQueue(4);
    for (const name of ['quiet', 'loud1', 'loud2', 'loud3']) join(line, name);
    line.capacity = 2.5;
    await settled();
    expect(ended).toEqual(['loud3 refused', 'loud2 refused']);
    line.refuseAll();
  });

  it('the fair queue ends each wait once, and reports its size correctly, in any order of events', async () => {
    const step = fc.oneof(
      fc.record({ join: fc.constantFrom('a', 'b', 'c'), maxWaitMs: fc.integer({ min: 1, max: 100 }) }),
      fc.constant('admit' as const),
      fc.constant('hang up' as const),
      fc.constant('wait' as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const line = new FairQueue(4);
        ended = [];
        let [joined, admitted] = [0, 0];
        const callers: AbortController[] = [];
        for (const next of steps) {
          if (next === 'admit') admitted += line.admitNext() ? 1 : 0;
          else if (next === 'hang up') callers.shift()?.abort();
          else if (next === 'wait') jest.advanceTimersByTime(20);
          else {
            joined += 1;
            const caller = new AbortController();
            callers.push(caller);
            const isFull = line.isFullFor(next.join);
            const before = ended.length;
            join(line, next.join, next.maxWaitMs, caller.signal);
            await settled();
            expect(ended.slice(before).includes(`${next.join} refused`)).toBe(isFull);
          }
          expect(line.size).toBeLessThanOrEqual(4);
          await settled();
          expect(ended.length + line.size).toBe(joined);
        }
        expect(ended.filter((end) => !end.endsWith('refused'))).toHaveLength(admitted);
        line.refuseAll();
        expect(line.size).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});

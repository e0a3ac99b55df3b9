import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AdmissionQueue } from '../../src/admission/admission-queue.ts';
import { QueueRejectedError } from '../../src/admission/fair-queue.ts';

describe('the queue for the process', () => {
  let now: number;
  let queue: AdmissionQueue;
  let ended: string[];
  let asked: string[];

  beforeEach(() => {
    // The event loop turns for real; time passes only when a test says so.
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance'] });
    now = 1_000;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    queue = new AdmissionQueue(100);
    ended = [];
    asked = [];
  });
  afterEach(async () => {
    await turns(1_000);
    expect(queue.waiting).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  /** Adds a request that takes `takesMs` once it runs. */
  const come = (name: string, takesMs: number): void => {
    const begin = (): void => {
      ended.push(name);
      now += takesMs;
    };
    const refused = (error: unknown): void => {
      expect(error).toBeInstanceOf(QueueRejectedError);
      ended.push(`${name} refused`);
    };
    let waiting: Promise<void> | undefined;
    try {
      waiting = queue.enter(() => {
        asked.push(name);
        return name.replace(/\d+/, '');
      });
    } catch (error) {
      refused(error);
      return;
    }
    if (waiting === undefined) begin();
    else waiting.then(begin, refused);
  };
  const comeMany = (count: number, takesMs: number, caller = 'one'): void => {
    for (let index = 1; index <= count; index += 1) come(`${caller}${index}`, takesMs);
  };
  const turns = async (count: number): Promise<void> => {
    for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  /** Returns how many requests start in each turn until none waits. */
  const begunByTurn = async (): Promise<number[]> => {
    const begun: number[] = [];
    while (queue.waiting > 0) {
      const before = ended.length;
      await turns(1);
      begun.push(ended.length - before);
    }
    return begun;
  };
  /** Lets `count` turns pass while ten wait and one request of `takesMs` arrives in each. */
  const wave = async (count: number, takesMs: number): Promise<void> => {
    comeMany(10, takesMs);
    for (let turn = 0; turn < count; turn += 1) {
      come('next', takesMs);
      await turns(1);
    }
  };
  const refused = (): string[] => ended.filter((name) => name.endsWith('refused'));

  it('the admission queue starts requests immediately that come one by one, without looking up their caller', async () => {
    for (const name of ['a', 'b', 'c']) {
      come(name, 5);
      expect(ended).toContain(name);
      await turns(1);
    }
    expect(asked).toEqual([]);
  });

  it('the admission queue starts simultaneous requests immediately, until they have taken a millisecond', async () => {
    comeMany(10, 0.3);
    expect(ended).toEqual(['one1', 'one2', 'one3', 'one4']);
    expect(queue.waiting).toBe(6);
  });

  it('the admission queue starts the rest in later turns, for a millisecond each', async () => {
    comeMany(24, 0.3);
    expect(Math.max(...(await begunByTurn()))).toBe(4);
  });

  it('the admission queue lets started requests continue after each start, however many wait', async () => {
    comeMany(3, 1);
    expect(ended).toEqual(['one1']);
    await turns(1);
    expect(ended).toEqual(['one1', 'one2']);
    await turns(1);
    expect(ended).toEqual(['one1', 'one2', 'one3']);
  });

  it('the admission queue starts at most a handful in a turn, however quick they are', async () => {
    come('slow', 1);
    comeMany(50, 0);
    expect(Math.max(...(await begunByTurn()))).toBe(8);
  });

  it('the admission queue makes a new request wait behind the queued ones', async () => {
    comeMany(3, 1);
    await turns(1);
    come('late', 1);
    await turns(3);
    expect(ended).toEqual(['one1', 'one2', 'one3', 'late']);
  });

  it('the admission queue serves a quiet caller in turn beside a busy one', async () => {
    comeMany(5, 1, 'loud');
    come('quiet', 1);
    await turns(2);
    expect(ended).toEqual(['loud1', 'loud2', 'quiet']);
  });

  it('the admission queue immediately rejects requests that could not start in time, from the busiest caller', async () => {
    queue = new AdmissionQueue(5);
    come('quiet1', 1);
    // A request takes half a millisecond on average, so ten start within five.
    comeMany(10, 0.1, 'loud');
    await Promise.resolve();
    expect(ended).toEqual(['quiet1']);
    come('quiet2', 0.1);
    await Promise.resolve();
    await Promise.resolve();
    expect(ended).toEqual(['quiet1', 'loud10 refused']);
    expect(queue.waiting).toBe(10);
  });

  it('the admission queue rejects a queued request that has waited too long', async () => {
    comeMany(2, 1);
    jest.advanceTimersByTime(99);
    await Promise.resolve();
    expect(ended).toEqual(['one1']);
    jest.advanceTimersByTime(1);
    await Promise.resolve();
    await Promise.resolve();
    expect(ended).toEqual(['one1', 'one2 refused']);
  });

  it('the admission queue learns how long a request takes, and queues no more than can start in time', async () => {
    await wave(300, 10);
    comeMany(30, 10);
    // As many as start within the hundred milliseconds that each may wait.
    expect(queue.waiting).toBe(10);
  });

  it('the admission queue forgets a long duration when requests come one by one again', async () => {
    await wave(300, 10);
    await turns(20);
    ended = [];
    for (let count = 0; count < 200; count += 1) {
      come('single', 0.1);
      await turns(1);
    }
    comeMany(100, 1);
    await turns(1);
    expect(refused()).toEqual([]);
  });

  it('the admission queue does not mistake a pause of the process for the duration of a request', async () => {
    for (let pause = 0; pause < 5; pause += 1) {
      comeMany(3, 1);
      now += 1_000_000;
      await turns(3);
    }
    comeMany(80, 1);
    await turns(1);
    expect(refused()).toEqual([]);
  });

  it('the admission queue does not mistake an idle period for the duration of a request', async () => {
    for (let count = 0; count < 100; count += 1) {
      comeMany(4, 1);
      await turns(6);
      now += 10_000;
    }
    comeMany(80, 1);
    await turns(1);
    expect(refused()).toEqual([]);
    // The measured rate is not mistaken for zero either.
    comeMany(400, 1);
    expect(queue.waiting).toBeLessThan(200);
  });

  describe('while new connections come', () => {
    const turnsWithConnections = async (count: number): Promise<void> => {
      for (let turn = 0; turn < count; turn += 1) {
        queue.connected();
        await turns(1);
      }
    };

    it('the admission queue starts nothing for a few turns while new connections arrive, and then one request', async () => {
      await turnsWithConnections(1);
      comeMany(3, 0.1);
      expect(ended).toEqual([]);
      await turnsWithConnections(3);
      expect(ended).toEqual([]);
      await turnsWithConnections(1);
      expect(ended).toEqual(['one1']);
      await turnsWithConnections(4);
      expect(ended).toEqual(['one1', 'one2']);
    });

    it('the admission queue starts all queued requests when no more connections arrive', async () => {
      await turnsWithConnections(1);
      comeMany(3, 0.1);
      await turns(3);
      expect(ended).toEqual(['one1', 'one2', 'one3']);
    });

    it('the admission queue does not mistake skipped turns for the duration of a request', async () => {
      await turnsWithConnections(1);
      comeMany(100, 1);
      for (let turn = 0; turn < 400; turn += 1) {
        now += 5;
        await turnsWithConnections(1);
      }
      expect(refused()).toEqual([]);
      expect(queue.waiting).toBe(0);
      comeMany(100, 1);
      await turns(1);
      expect(refused()).toEqual([]);
    });
  });

  it('the admission queue lets the event loop idle when nothing is queued', async () => {
    queue.connected();
    comeMany(3, 1);
    await turns(20);
    const immediates = jest.spyOn(globalThis, 'setImmediate');
    await turns(5);
    // Only the test's own.
    expect(immediates).toHaveBeenCalledTimes(5);
  });

  it('the admission queue starts a request at once after a single new connection', async () => {
    queue.connected();
    await turns(2);
    come('a', 1);
    expect(ended).toEqual(['a']);
  });
});

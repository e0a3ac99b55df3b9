import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Deadline } from '../../src/stripe/deadline.ts';
import { type Participant, SharedCalls } from '../../src/stripe/shared-calls.ts';

describe('calls that meet under one key', () => {
  let calls: SharedCalls<string>;
  let begun: { signal: AbortSignal; answer: (text: string) => void; fail: (error: Error) => void }[];

  beforeEach(() => {
    jest.useFakeTimers();
    calls = new SharedCalls();
    begun = [];
  });
  afterEach(() => {
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  const begin = (signal: AbortSignal): Promise<string> =>
    new Promise((answer, fail) => begun.push({ signal, answer, fail }));
  const join = (participant: Partial<Participant> = {}, request = 'one', key = 'key'): Promise<string> =>
    calls.join(key, request, { deadline: new Deadline(1_000), signal: undefined, ...participant }, begin);

  it('are one call with one answer', async () => {
    const answers = [join(), join(), join()];
    begun[0]?.answer('evaluation');
    expect(await Promise.all(answers)).toEqual(['evaluation', 'evaluation', 'evaluation']);
    expect(begun).toHaveLength(1);
  });

  it('fail together', async () => {
    const answers = Promise.allSettled([join(), join()]);
    begun[0]?.fail(new Error('down'));
    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it.each(['answered', 'failed'])('are begun anew once the one under way has %s', async (how) => {
    const first = join().catch(() => 'failed');
    if (how === 'answered') begun[0]?.answer('first');
    else begun[0]?.fail(new Error('down'));
    await first;
    const second = join();
    begun[1]?.answer('second');
    expect(await second).toBe('second');
  });

  it('are kept apart by their keys', async () => {
    const answers = [join({}, 'one', 'a'), join({}, 'one', 'b')];
    begun[0]?.answer('a');
    begun[1]?.answer('b');
    expect(await Promise.all(answers)).toEqual(['a', 'b']);
  });

  it('are a conflict where they ask for something else', async () => {
    const first = join();
    expect(() => join({}, 'another')).toThrow(
      expect.objectContaining({ code: 'IDEMPOTENCY_CONFLICT', effect: 'NONE' }),
    );
    begun[0]?.answer('evaluation');
    expect(await first).toBe('evaluation');
  });

  it('end each at its own deadline, and the others go on', async () => {
    const first = join();
    const hasty = join({ deadline: new Deadline(50) }).catch((error: unknown) => error);
    jest.advanceTimersByTime(50);
    expect(await hasty).toMatchObject({ code: 'UPSTREAM_TIMEOUT', effect: 'UNKNOWN' });
    begun[0]?.answer('evaluation');
    expect(await first).toBe('evaluation');
  });

  it('are given up only when every caller has hung up', async () => {
    const [one, two, late] = [new AbortController(), new AbortController(), AbortSignal.abort()];
    const answers = [join({ signal: one.signal }), join({ signal: two.signal }), join({ signal: late })];
    expect(begun[0]?.signal.aborted).toBe(false);
    two.abort();
    expect(begun[0]?.signal.aborted).toBe(false);
    one.abort();
    expect(begun[0]?.signal.aborted).toBe(true);
    begun[0]?.answer('evaluation');
    await Promise.all(answers);
  });

  it('are not given up while one is left that can’t hang up, or that came after the others had gone', async () => {
    const one = new AbortController();
    const answers = [join({ signal: one.signal }), join()];
    one.abort();
    expect(begun[0]?.signal.aborted).toBe(false);
    begun[0]?.answer('evaluation');
    await Promise.all(answers);
  });
});

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Call, isAbandoned } from '../../src/stripe/http/call.ts';
import { Deadline } from '../../src/stripe/http/deadline.ts';
import { SingleFlight } from '../../src/stripe/http/single-flight.ts';

describe('calls that meet under one key', () => {
  let calls: SingleFlight<string>;
  let begun: { shared: Call; answer: (text: string) => void; fail: (error: Error) => void }[];

  beforeEach(() => {
    jest.useFakeTimers();
    calls = new SingleFlight();
    begun = [];
  });
  afterEach(() => {
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  const begin = (shared: Call): Promise<string> =>
    new Promise((answer, fail) => begun.push({ shared, answer, fail }));
  const join = (call: Partial<Call> = {}, request = 'one', key = 'key'): Promise<string> =>
    calls.run(
      key,
      request,
      { caller: 'one', deadline: new Deadline(1_000), signal: undefined, ...call },
      begin,
    );

  const abandoned = (): boolean | undefined => begun[0] && isAbandoned(begun[0].shared);

  it('concurrent calls under one key are one call with one response', async () => {
    const answers = [join(), join(), join()];
    begun[0]?.answer('evaluation');
    expect(await Promise.all(answers)).toEqual(['evaluation', 'evaluation', 'evaluation']);
    expect(begun).toHaveLength(1);
  });

  it('concurrent calls under one key fail together', async () => {
    const answers = Promise.allSettled([join(), join()]);
    begun[0]?.fail(new Error('down'));
    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it.each(['answered', 'failed'])(
    'a call under the same key starts anew once the first one has %s',
    async (how) => {
      const first = join().catch(() => 'failed');
      if (how === 'answered') begun[0]?.answer('first');
      else begun[0]?.fail(new Error('down'));
      await first;
      const second = join();
      begun[1]?.answer('second');
      expect(await second).toBe('second');
    },
  );

  it('concurrent calls under different keys are separate', async () => {
    const answers = [join({}, 'one', 'a'), join({}, 'one', 'b')];
    begun[0]?.answer('a');
    begun[1]?.answer('b');
    expect(await Promise.all(answers)).toEqual(['a', 'b']);
  });

  it('concurrent calls under one key conflict if they differ', async () => {
    const first = join();
    expect(() => join({}, 'another')).toThrow(
      expect.objectContaining({ code: 'IDEMPOTENCY_CONFLICT', effect: 'NONE' }),
    );
    begun[0]?.answer('evaluation');
    expect(await first).toBe('evaluation');
  });

  it.each([
    ['joined', 8_000, 50],
    ['began', 50, 8_000],
  ])(
    'concurrent calls under one key end each at its own deadline, also for the caller that %s with less time',
    async (_, first, second) => {
      const calls = [first, second].map((ms) =>
        join({ deadline: new Deadline(ms) }).catch((error: unknown) => error),
      );
      const [patient, hasty] = first > second ? calls : calls.toReversed();
      jest.advanceTimersByTime(50);
      expect(await hasty).toMatchObject({ code: 'UPSTREAM_TIMEOUT', effect: 'UNKNOWN' });
      expect(begun[0]?.shared.deadline.remainingMs).toBe(7_950);
      expect(abandoned()).toBe(false);
      begun[0]?.answer('evaluation');
      expect(await patient).toBe('evaluation');
    },
  );

  it('a shared call goes on for a caller that joins after all others disconnected', async () => {
    const gone = new AbortController();
    const answers = [join({ signal: gone.signal })];
    gone.abort();
    expect(abandoned()).toBe(true);
    answers.push(join());
    expect(abandoned()).toBe(false);
    begun[0]?.answer('evaluation');
    expect(await Promise.all(answers)).toEqual(['evaluation', 'evaluation']);
    expect(begun).toHaveLength(1);
  });

  it('a shared call is abandoned when the last caller’s time is up, although others disconnected before', async () => {
    const gone = new AbortController();
    const answers = [join({ deadline: new Deadline(100) }), join({ signal: gone.signal })].map((answer) =>
      answer.catch((error: unknown) => error),
    );
    gone.abort();
    expect(abandoned()).toBe(false);
    jest.advanceTimersByTime(100);
    expect(abandoned()).toBe(true);
    begun[0]?.answer('evaluation');
    await Promise.all(answers);
  });

  it('a shared call is abandoned only when every caller has disconnected', async () => {
    const [one, two, late] = [new AbortController(), new AbortController(), AbortSignal.abort()];
    const answers = [join({ signal: one.signal }), join({ signal: two.signal }), join({ signal: late })];
    expect(abandoned()).toBe(false);
    two.abort();
    expect(abandoned()).toBe(false);
    one.abort();
    expect(abandoned()).toBe(true);
    begun[0]?.answer('evaluation');
    await Promise.all(answers);
  });

  it('a shared call is not abandoned while a caller is left that can’t disconnect, or that joined later', async () => {
    const one = new AbortController();
    const answers = [join({ signal: one.signal }), join()];
    one.abort();
    expect(abandoned()).toBe(false);
    begun[0]?.answer('evaluation');
    await Promise.all(answers);
  });
});

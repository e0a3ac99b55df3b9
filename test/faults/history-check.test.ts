import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type Call,
  type Ending,
  type History,
  type MadeEvaluation,
  type Rule,
  violationsOf,
} from './history-check.ts';

const callers = ['a', 'b', 'c'];
const keys = ['1', '2', '3'];

/** How a call ended, and whether it made the evaluation. */
type Fate =
  | 'makes it and says so'
  | 'makes it and is lost'
  | 'makes it and does not know'
  | 'does nothing'
  | 'is lost';

const fates: readonly Fate[] = [
  'makes it and says so',
  'makes it and is lost',
  'makes it and does not know',
  'does nothing',
  'is lost',
];
const nothingHappened: Ending = { kind: 'failure', code: 'OVERLOADED', retryable: true, effect: 'NONE' };
const nobodyKnows: Ending = { kind: 'failure', code: 'UPSTREAM_TIMEOUT', retryable: true, effect: 'UNKNOWN' };

/**
 * Histories that a correct gateway could produce: each client repeats, some calls in parallel, until it has its
 * evaluation, and every later call returns the same one.
 */
const lawful: fc.Arbitrary<History> = fc
  .uniqueArray(
    fc.record({
      caller: fc.constantFrom(...callers),
      key: fc.constantFrom(...keys),
      fates: fc.array(fc.constantFrom(...fates), { maxLength: 6 }),
      startMs: fc.nat(1_000),
      tookMs: fc.integer({ min: 1, max: 300 }),
      repeats: fc.nat(2),
    }),
    { minLength: 1, selector: ({ caller, key }) => `${caller} ${key}` },
  )
  .map((intents) => {
    const calls: Call[] = [];
    const made: MadeEvaluation[] = [];
    for (const { caller, key, fates: drawn, startMs, tookMs, repeats } of intents) {
      const id = `ceval_${caller}${key}`;
      let sentAtMs = startMs;
      let isMade = false;
      const last = Array.from({ length: repeats + 1 }, (): Fate => 'makes it and says so');
      for (const fate of [...drawn, ...last]) {
        const endedAtMs = sentAtMs + tookMs;
        if (fate.startsWith('makes') && !isMade) {
          made.push({ caller, key, id, madeAtMs: (sentAtMs + endedAtMs) / 2 });
          isMade = true;
        }
        calls.push({ caller, key, sentAtMs, endedAtMs, ending: endingOf(fate, id) });
        // The next call may begin before this one has ended.
        sentAtMs += tookMs * 0.75;
      }
    }
    return { calls, made };
  });

function endingOf(fate: Fate, id: string): Ending {
  switch (fate) {
    case 'makes it and says so':
      return { kind: 'evaluation', id };
    case 'makes it and does not know':
      return nobodyKnows;
    case 'does nothing':
      return nothingHappened;
    default:
      return { kind: 'lost' };
  }
}

const isSuccess = ({ ending }: Call): boolean => ending.kind === 'evaluation';
const withEnding = (history: History, of: (call: Call) => boolean, ending: Ending): History => ({
  ...history,
  calls: history.calls.map((call) => (of(call) ? { ...call, ending } : call)),
});
const sameIntent = (one: { caller: string; key: string }, other: { caller: string; key: string }): boolean =>
  one.caller === other.caller && one.key === other.key;

/** One violation for each rule, planted in a lawful history; undefined if the history has no place for it. */
const wrongs: Readonly<Record<Rule, (history: History, first: MadeEvaluation) => History | undefined>> = {
  'made twice': (history, first) => ({
    ...history,
    made: [...history.made, { ...first, id: 'ceval_again', madeAtMs: first.madeAtMs + 1 }],
  }),
  'an id that nothing was made under': (history, first) =>
    withEnding(history, (call) => sameIntent(call, first) && isSuccess(call), {
      kind: 'evaluation',
      id: 'ceval_none',
    }),
  'the result of another caller': (history, first) => {
    const other = history.made.find(({ caller }) => caller !== first.caller);
    return (
      other &&
      withEnding(history, (call) => sameIntent(call, first) && isSuccess(call), {
        kind: 'evaluation',
        id: other.id,
      })
    );
  },
  'the result of another key': (history, first) => {
    const other = history.made.find(({ caller, key }) => caller === first.caller && key !== first.key);
    return (
      other &&
      withEnding(history, (call) => sameIntent(call, first) && isSuccess(call), {
        kind: 'evaluation',
        id: other.id,
      })
    );
  },
  'answered before it was made': (history, first) => {
    const ended = history.calls.filter((call) => sameIntent(call, first) && isSuccess(call));
    const late = Math.min(...ended.map(({ endedAtMs }) => endedAtMs)) + 1;
    return {
      ...history,
      made: history.made.map((each) => (each === first ? { ...each, madeAtMs: late } : each)),
    };
  },
  'made although every call says that nothing happened': (history, first) =>
    withEnding(history, (call) => sameIntent(call, first), nothingHappened),
  'never came to an end': (history, first) =>
    withEnding(history, (call) => sameIntent(call, first), nobodyKnows),
  'answered outside of the contract': (history, first) =>
    withEnding(history, (call) => sameIntent(call, first), { kind: 'untyped', text: '<html>' }),
};

describe('the check of a history', () => {
  it('the check of a history finds nothing in the history of a correct gateway', () => {
    fc.assert(
      fc.property(lawful, (history) => {
        expect(violationsOf(history)).toEqual([]);
      }),
    );
  });

  it.each(Object.entries(wrongs))(
    'the check of a history finds a planted violation, and its place: %s',
    (rule, spoil) => {
      let spoilt = 0;
      fc.assert(
        fc.property(lawful, (history) => {
          const [first] = history.made;
          const wrong = first && spoil(history, first);
          if (first === undefined || wrong === undefined) return;
          spoilt += 1;
          expect(violationsOf(wrong)).toContainEqual({ rule, caller: first.caller, key: first.key });
          // Nothing is reported about the other intents.
          expect(violationsOf(wrong).filter((violation) => !sameIntent(violation, first))).toEqual([]);
        }),
      );
      expect(spoilt).toBeGreaterThan(10);
    },
  );

  const call = (ending: Ending, sentAtMs: number, caller = 'a'): Call => ({
    caller,
    key: '1',
    sentAtMs,
    endedAtMs: sentAtMs + 10,
    ending,
  });
  const making = (madeAtMs: number): MadeEvaluation => ({ caller: 'a', key: '1', id: 'ceval_1', madeAtMs });
  const success: Ending = { kind: 'evaluation', id: 'ceval_1' };
  const rules = (history: History): string[] => violationsOf(history).map(({ rule }) => rule);

  it('the check of a history lets a call promise that nothing happened beside one that does not know', () => {
    const calls = [call(nobodyKnows, 0), call(nothingHappened, 20), call(success, 40)];
    expect(rules({ calls, made: [making(5)] })).toEqual([]);
    // The effect of a call may happen after the call has ended.
    expect(rules({ calls, made: [making(25)] })).toEqual([]);
  });

  it('the check of a history does not accept a later call as the cause of an earlier effect', () => {
    expect(rules({ calls: [call(nothingHappened, 0), call(success, 40)], made: [making(5)] })).toEqual([
      'made although every call says that nothing happened',
    ]);
  });

  it('the check of a history requires a cause for every effect', () => {
    expect(rules({ calls: [], made: [making(5)] })).toEqual([
      'made although every call says that nothing happened',
    ]);
  });

  it('the check of a history separates callers with equal keys', () => {
    const calls = [call(success, 0), call(success, 0, 'b')];
    expect(violationsOf({ calls, made: [making(5)] })).toEqual([
      { rule: 'the result of another caller', caller: 'b', key: '1' },
    ]);
  });
});

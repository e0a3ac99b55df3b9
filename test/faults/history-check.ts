/*
 * Checks what clients saw against what the upstream did, in the manner of Jepsen: whatever failed on the way, the whole
 * history must have an explanation that the contract permits.
 */

/** How a call ended for its client. */
export type Ending =
  | { readonly kind: 'evaluation'; readonly id: string }
  | {
      readonly kind: 'failure';
      readonly code: string;
      readonly retryable: boolean;
      /** `NONE` is a promise that nothing happened through this call. */
      readonly effect: 'NONE' | 'UNKNOWN';
    }
  /** The connection broke or the client disconnected: the client knows nothing. */
  | { readonly kind: 'lost' }
  /** A response that the contract does not have. */
  | { readonly kind: 'untyped'; readonly text: string };

/**
 * One request of a client. Requests with the same caller and key mean the same evaluation; different callers may use
 * the same keys.
 */
export interface Call {
  readonly caller: string;
  readonly key: string;
  readonly sentAtMs: number;
  readonly endedAtMs: number;
  readonly ending: Ending;
}

/** An evaluation that the upstream made. Its owner is taken from the input, not from a header. */
export interface MadeEvaluation {
  readonly caller: string;
  readonly key: string;
  readonly id: string;
  readonly madeAtMs: number;
}

/** All times are of one clock. */
export interface History {
  readonly calls: readonly Call[];
  readonly made: readonly MadeEvaluation[];
}

export type Rule =
  | 'made twice'
  | 'an id that nothing was made under'
  | 'the result of another caller'
  | 'the result of another key'
  | 'answered before it was made'
  | 'made although every call says that nothing happened'
  | 'never came to an end'
  | 'answered outside of the contract';

export interface Violation {
  readonly rule: Rule;
  readonly caller: string;
  readonly key: string;
}

/** Finds everything in a history that no gateway that keeps the contract could have produced. */
export function violationsOf({ calls, made }: History): Violation[] {
  const makings = new Map(made.map((evaluation) => [evaluation.id, evaluation]));
  const intents = new Map<string, Intent>();
  const intentOf = ({ caller, key }: { caller: string; key: string }): Intent => {
    const name = JSON.stringify([caller, key]);
    const intent = intents.get(name) ?? { caller, key, calls: [], made: [] };
    intents.set(name, intent);
    return intent;
  };
  for (const call of calls) intentOf(call).calls.push(call);
  for (const evaluation of made) intentOf(evaluation).made.push(evaluation);
  return [...intents.values()].flatMap((intent) =>
    [
      ...new Set([
        ...rulesBrokenByIntent(intent),
        ...intent.calls.flatMap((call) => ruleBrokenBy(call, makings)),
      ]),
    ].map((rule) => ({ rule, caller: intent.caller, key: intent.key })),
  );
}

/** What a client wants to happen once, however often it asks. */
interface Intent {
  readonly caller: string;
  readonly key: string;
  readonly calls: Call[];
  readonly made: MadeEvaluation[];
}

function rulesBrokenByIntent({ calls, made }: Intent): Rule[] {
  const broken: Rule[] = [];
  if (made.length > 1) broken.push('made twice');
  const isExplained = ({ madeAtMs }: MadeEvaluation) =>
    calls.some((call) => call.sentAtMs <= madeAtMs && mayHaveHadAnEffect(call));
  if (!made.every(isExplained)) broken.push('made although every call says that nothing happened');
  if (calls.length > 0 && !calls.some(isTerminal)) broken.push('never came to an end');
  return broken;
}

function ruleBrokenBy(
  { caller, key, endedAtMs, ending }: Call,
  makings: ReadonlyMap<string, MadeEvaluation>,
): Rule[] {
  if (ending.kind === 'untyped') return ['answered outside of the contract'];
  if (ending.kind !== 'evaluation') return [];
  const making = makings.get(ending.id);
  if (making === undefined) return ['an id that nothing was made under'];
  if (making.caller !== caller) return ['the result of another caller'];
  if (making.key !== key) return ['the result of another key'];
  return making.madeAtMs > endedAtMs ? ['answered before it was made'] : [];
}

function mayHaveHadAnEffect({ ending }: Call): boolean {
  return ending.kind !== 'failure' || ending.effect === 'UNKNOWN';
}

// A client that may retry is not finished before it has, least of all one that got no response.
function isTerminal({ ending }: Call): boolean {
  return ending.kind === 'evaluation' || (ending.kind === 'failure' && !ending.retryable);
}

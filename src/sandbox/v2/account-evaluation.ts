import type { MagicRequest } from '../magic-request.ts';
import type { Completion } from '../magic-values.ts';
import { bandOf, scoreOf } from '../scores.ts';
import type { CreateParameters, SignalKind } from './shapes.ts';

/** An evaluation's request and progress. */
export interface MadeEvaluation {
  readonly id: string;
  readonly livemode: boolean;
  readonly params: CreateParameters;
  readonly magic: MagicRequest;
  /** The id of the attempt recorded with it. */
  readonly activity: string | undefined;
  readonly madeAt: number;
  readonly reads: number;
  /** When its last signal arrived; undefined while one is pending. */
  readonly completedAt: number | undefined;
}

/** How long signals take by default: long enough to be seen, short enough to wait for. */
const usualCompletion: Completion = { afterMs: 300 };

/** The evaluation at a time, after a number of reads. */
export function advance(made: MadeEvaluation, now: number, reads: number): MadeEvaluation {
  const completion = made.magic.completion ?? usualCompletion;
  return {
    ...made,
    reads,
    completedAt: made.completedAt ?? completedAt(completion, made.madeAt, now, reads),
  };
}

function completedAt(completion: Completion, madeAt: number, now: number, reads: number): number | undefined {
  if (completion === 'never') return undefined;
  if ('atRead' in completion) return reads >= completion.atRead ? now : undefined;
  const due = madeAt + completion.afterMs;
  return now >= due ? due : undefined;
}

/** The evaluation in v2's format. */
export function describe(made: MadeEvaluation): object {
  const { id, livemode, params, magic, activity, madeAt, completedAt } = made;
  const requested = magic.otherEventType
    ? params.requested_signals.map((kind) => otherThan(kind))
    : params.requested_signals;
  const all = signalsOf(requested, magic);
  const early = magic.isPartial ? all.slice(1) : [];
  const finished = completedAt === undefined ? early : all;
  const results = finished.map((kind) => {
    const at = early.includes(kind) ? madeAt : (completedAt ?? madeAt);
    return [kind, resultOf(kind, made, at)];
  });
  return {
    id,
    object: 'v2.signals.account_evaluation',
    created: new Date(madeAt).toISOString(),
    account_details: params.account_details,
    requested_signals: requested,
    pending_signals: requested.filter((kind) => !finished.includes(kind)),
    ...optional(magic, {
      livemode,
      account_activity_details: activity === undefined ? undefined : { account_activity: activity },
    }),
    evaluated_signals: evaluatedSignals(results, magic),
    ...(magic.signals === 'new' ? { shoe_size: 43 } : {}),
  };
}

function evaluatedSignals(results: unknown[][], magic: MagicRequest): object | null | undefined {
  if (results.length === 0) return magic.optionalFields === 'null' ? null : undefined;
  if (magic.signals === 'null') return null;
  if (magic.signals === 'empty') return {};
  return Object.fromEntries(results);
}

const userSignals: readonly SignalKind[] = ['user_multi_accounting', 'user_account_sharing'];

// With `both` or `partial`, also the signal not requested; with `new`, an unknown one.
function signalsOf(requested: readonly SignalKind[], magic: MagicRequest): string[] {
  const needsSecond = magic.signals === 'both' || (magic.isPartial && requested.length === 1);
  const more = needsSecond ? userSignals.filter((kind) => !requested.includes(kind)) : [];
  return [...requested, ...more, ...(magic.signals === 'new' ? ['time_travel'] : [])];
}

function otherThan(kind: SignalKind): SignalKind {
  if (kind === 'fraudulent_website') return kind;
  return kind === 'user_account_sharing' ? 'user_multi_accounting' : 'user_account_sharing';
}

function resultOf(kind: string, { id, params, magic }: MadeEvaluation, at: number): object {
  const { account_details, account_activity_details } = params;
  const score = magic.score ?? scoreOf({ kind, account_details, account_activity_details });
  const isWebsite = kind === 'fraudulent_website';
  return {
    risk_level: magic.riskLevel === undefined ? bandOf(score) : magic.riskLevel,
    ...optional(magic, {
      score: magic.hasNoScore || isWebsite ? undefined : decimal(score),
      details: isWebsite ? 'The sandbox has not looked at the website.' : undefined,
      evaluated_at: new Date(at).toISOString(),
      signal: `acctsig_${id.slice(id.indexOf('_') + 1)}_${kind}`,
    }),
  };
}

// `sparse` leaves out optional fields, `nulls` writes null.
function optional({ optionalFields }: MagicRequest, fields: object): object {
  if (optionalFields === 'absent') return {};
  if (optionalFields === undefined) return fields;
  return Object.fromEntries(Object.keys(fields).map((name) => [name, null]));
}

/** A score as v2 writes it: `80.0`. */
function decimal(score: number): string {
  return Number.isInteger(score) ? score.toFixed(1) : String(score);
}

import type { CustomerEvaluation } from './customer-evaluation.type.ts';
import type { CustomerEvaluationRiskLevel } from './risk-level.enum.ts';

/** A translated response, and the names of what was unknown in it. */
export interface Translated {
  readonly evaluation: CustomerEvaluation;
  /** Kinds such as `unknown field signals.device_reputation`: names only, never values. */
  readonly drift: readonly string[];
}

/** The upstream's values of an open enum; an unknown value reads as `UNKNOWN`. */
export type Words<Value extends string> = Readonly<Record<string, Value>>;

/** The levels of both of Stripe’s APIs: v2 has no `not_assessed`. */
export const riskLevels = {
  highest: 'HIGHEST',
  elevated: 'ELEVATED',
  normal: 'NORMAL',
  low: 'LOW',
  not_assessed: 'NOT_ASSESSED',
  unknown: 'UNKNOWN',
} as const satisfies Words<CustomerEvaluationRiskLevel>;

/** Collects unknown fields and values in a response: names only, never values. */
export class ResponseDrift {
  readonly #kinds = new Set<string>();

  get kinds(): readonly string[] {
    return [...this.#kinds];
  }

  note(kind: string): void {
    this.#kinds.add(kind);
  }

  noteUnknown(prefix: string, object: object, known: readonly string[]): void {
    for (const name of Object.keys(object)) {
      if (!known.includes(name)) this.note(`unknown field ${prefix}${printable(name)}`);
    }
  }

  readEnum<Value extends string>(words: Words<Value>, field: string, word: string): Value | 'UNKNOWN' {
    const value = Object.hasOwn(words, word) ? words[word] : undefined;
    if (value === undefined) this.note(`unknown value in ${field}`);
    return value ?? 'UNKNOWN';
  }

  /** The contract says 0 to 100. Other scores are passed on unchanged, since they still rank customers. */
  readScore(field: string, score: number): number {
    if (score < 0 || score > 100) this.note(`${field} out of range`);
    return score;
  }
}

// An unknown field's name comes from the upstream, so it is logged only if it looks like a name.
function printable(name: string): string {
  return /^[A-Za-z0-9_]{1,64}$/.test(name) ? name : '(unprintable)';
}

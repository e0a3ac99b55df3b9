import { type Problem, UpstreamCallError } from '../errors/upstream-call-error.ts';

/** A field as the client wrote it, from the mutation's argument down. */
export type Path = readonly string[];

/** More tell a caller nothing new, and a list may hold a thousand. */
export const maxProblems = 20;

/** Collects the problems of an input, so that a caller sees all of them at once (at most the first twenty). */
export class InputProblems {
  readonly #maxStringLength: number;
  readonly #problems: Problem[] = [];

  /** `maxStringLength` is what the upstream takes, in characters. */
  constructor(maxStringLength: number) {
    this.#maxStringLength = maxStringLength;
  }

  add(path: Path, message: string): void {
    this.#problems.push({ path, message: `${path.join('.')}: ${message}` });
    if (this.#problems.length === maxProblems) this.throwIfAny();
  }

  throwIfAny(): void {
    if (this.#problems.length === 0) return;
    throw new UpstreamCallError('BAD_USER_INPUT', { effect: 'NONE', problems: this.#problems });
  }

  /** A string as the upstream takes it; undefined where the client left it out. Notes what is wrong with it. */
  optional(value: string | null | undefined, path: Path): string | undefined {
    return value == null ? undefined : this.required(value, path);
  }

  /** A string as the upstream takes it. Notes what is wrong with it. */
  required(value: string, path: Path): string {
    const problem = problemWith(value, this.#maxStringLength);
    if (problem !== undefined) this.add(path, problem);
    return value;
  }
}

function problemWith(value: string, maxLength: number): string | undefined {
  // `key=` does not set an empty string: it asks Stripe to unset the field.
  if (value === '') return 'must not be empty; leave an optional field out instead.';
  // Stripe counts characters (OpenAPI `maxLength`, so code points); code units are never fewer.
  if (value.length > maxLength && [...value].length > maxLength) {
    return `takes at most ${maxLength} characters.`;
  }
  // Encoders disagree about what has no UTF-8 form, and databases about NUL: neither would arrive as sent.
  if (!value.isWellFormed()) return 'holds half of a surrogate pair, which no UTF-8 can carry.';
  if (value.includes('\0')) return 'holds a NUL character.';
  return undefined;
}

/** The schema lets no such input through, so it is a bug and not the client's. */
export function oneOfNotEnforced(): Error {
  return new Error('a @oneOf input arrived with none of its fields');
}

import { type Problem, UpstreamCallError } from '../errors/upstream-call-error.ts';

/** A field as the client wrote it, from the mutation's argument down. */
export type Path = readonly string[];

/** A list may hold a thousand problems, and a caller learns nothing from more than these. */
export const maxProblems = 20;

/** Collects the problems of an input, so that a caller sees all of them at once (at most the first twenty). */
export class InputProblems {
  readonly #maxStringLength: number;
  readonly #problems: Problem[] = [];

  /** `maxStringLength` is the upstream's limit, in characters. */
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

  /** Checks a string in the field `name` of `path` and adds its problem; undefined if the client left it out. */
  optional(value: string | null | undefined, path: Path, name: string): string | undefined {
    return value == null ? undefined : this.required(value, path, name);
  }

  /** Checks a string in the field `name` of `path` and adds its problem. */
  required(value: string, path: Path, name: string): string {
    const problem = problemWith(value, this.#maxStringLength);
    if (problem !== undefined) this.add([...path, name], problem);
    return value;
  }
}

function problemWith(value: string, maxLength: number): string | undefined {
  // `key=` does not set an empty string: it asks Stripe to unset the field.
  if (value === '') return 'must not be empty; leave an optional field out instead.';
  // Stripe counts characters (OpenAPI `maxLength`, so code points); there are at least as many code units.
  if (value.length > maxLength && [...value].length > maxLength) {
    return `must have at most ${maxLength} characters.`;
  }
  // Encoders disagree about unpaired surrogates, and databases about NUL: neither would arrive as sent.
  if (!value.isWellFormed()) return 'contains a lone surrogate, which UTF-8 cannot encode.';
  if (value.includes('\0')) return 'contains a NUL character.';
  return undefined;
}

/** The schema rejects such input, so this is a bug of the gateway, not a client error. */
export function oneOfNotEnforced(): Error {
  return new Error('a @oneOf input arrived with none of its fields');
}

import { type Problem, UpstreamCallError } from '../errors/upstream-call-error.ts';
import { maxStringLength } from '../stripe/customer-evaluation.wire.ts';

/** A field as the client wrote it, from the mutation's argument down. */
export type Path = readonly string[];

/** More tell a caller nothing new, and a list may hold a thousand. */
export const maxFaults = 20;

/** Collects the problems of an input, so that a caller sees all of them at once (at most the first twenty). */
export class InputProblems {
  readonly #problems: Problem[] = [];

  add(path: Path, message: string): void {
    this.#problems.push({ path, message: `${path.join('.')}: ${message}` });
    if (this.#problems.length === maxFaults) this.throwIfAny();
  }

  throwIfAny(): void {
    if (this.#problems.length === 0) return;
    throw new UpstreamCallError('BAD_USER_INPUT', { effect: 'NONE', problems: this.#problems });
  }
}

/** A string as the upstream takes it, or what is wrong with it as a fault; undefined where the client left it out. */
export function optional(
  faults: InputProblems,
  value: string | null | undefined,
  path: Path,
): string | undefined {
  return value == null ? undefined : required(faults, value, path);
}

/** A string as the upstream takes it, or what is wrong with it as a fault. */
export function required(faults: InputProblems, value: string, path: Path): string {
  const fault = faultOf(value);
  if (fault !== undefined) faults.add(path, fault);
  return value;
}

function faultOf(value: string): string | undefined {
  // `key=` does not set an empty string: it asks Stripe to unset the field.
  if (value === '') return 'must not be empty; leave an optional field out instead.';
  // Stripe counts characters (OpenAPI `maxLength`, so code points); code units are never fewer.
  if (value.length > maxStringLength && [...value].length > maxStringLength) {
    return `takes at most ${maxStringLength} characters.`;
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

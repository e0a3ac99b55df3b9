import type { Logger } from 'pino';

// Names come from the upstream, so their number is limited.
const maxKinds = 200;

/** Counts unknown fields and values in upstream responses by kind, and logs each kind once. */
export class ContractDrift {
  readonly #counts = new Map<string, number>();

  note(kinds: readonly string[], log: Logger): void {
    for (const kind of kinds) {
      const count = this.#counts.get(kind) ?? 0;
      if (count === 0 && this.#counts.size >= maxKinds) continue;
      this.#counts.set(kind, count + 1);
      if (count === 0) log.warn({ kind }, 'unknown value or field in an upstream response');
    }
  }

  /** How often each kind was seen. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }
}

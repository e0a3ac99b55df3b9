import { pickRandomFault, type SandboxFault, sandboxFaults } from './faults.ts';

const maxKeys = 10_000;

/** `reset` or `once_reset`. */
export function isFaultWord(word: string): boolean {
  return Object.hasOwn(sandboxFaults, word.replace(/^once_/, ''));
}

/** Chooses the fault of a request: by a word in its text, otherwise at random. */
export class FaultPicker {
  readonly #share: number;
  // Keys whose first request has had a `once_` fault.
  readonly #struck = new Set<string>();

  constructor(share: number) {
    this.#share = share;
  }

  pick(form: string, key: string): SandboxFault | undefined {
    for (const [, word = ''] of form.matchAll(/sandbox_([a-z0-9_]+)/g)) {
      if (!isFaultWord(word)) continue;
      if (word.startsWith('once_') && !this.#strike(key)) return undefined;
      return sandboxFaults[word.replace(/^once_/, '')];
    }
    return Math.random() < this.#share ? pickRandomFault() : undefined;
  }

  #strike(key: string): boolean {
    if (this.#struck.has(key)) return false;
    this.#struck.add(key);
    const [oldest] = this.#struck;
    if (this.#struck.size > maxKeys && oldest !== undefined) this.#struck.delete(oldest);
    return true;
  }
}

import { LRUCache } from 'lru-cache';

/** Objects of accounts, each to be found by its own account alone: the newest of all. */
export class KeptByAccount<Value extends object> {
  readonly #kept: LRUCache<string, Value>;

  constructor(capacity: number) {
    this.#kept = new LRUCache({ max: capacity });
  }

  get(account: string, id: string): Value | undefined {
    return this.#kept.get(placeOf(account, id));
  }

  set(account: string, id: string, value: Value): void {
    this.#kept.set(placeOf(account, id), value);
  }

  /** Whether there was one to delete. */
  delete(account: string, id: string): boolean {
    return this.#kept.delete(placeOf(account, id));
  }
}

// JSON of an array is injective, so no two places share a text.
function placeOf(account: string, id: string): string {
  return JSON.stringify([account, id]);
}

import { LRUCache } from 'lru-cache';

/** Keeps the newest objects, each visible only to its own account. */
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

  /** Returns whether it existed. */
  delete(account: string, id: string): boolean {
    return this.#kept.delete(placeOf(account, id));
  }
}

// JSON of an array is injective, so no two objects share a key.
function placeOf(account: string, id: string): string {
  return JSON.stringify([account, id]);
}

import { LRUCache } from 'lru-cache';

/** The call that made an evaluation, as far as later reads need it. */
export interface Creation {
  readonly key: string | undefined;
  /** The words for reads. */
  readonly onRead: string;
}

/** The calls that made the newest evaluations, by id. */
export class Creations {
  readonly #byId: LRUCache<string, Creation>;

  constructor(capacity: number) {
    this.#byId = new LRUCache({ max: capacity });
  }

  remember(id: string, creation: Creation): void {
    this.#byId.set(id, creation);
  }

  of(id: string): Creation | undefined {
    return this.#byId.get(id);
  }
}

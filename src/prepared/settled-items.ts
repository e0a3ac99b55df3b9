/** So many turns of the microtask queue are counted; what takes longer has waited for something else. */
const maxTurns = 100;

/**
 * The items of a list, promises as a rule, and in which turn of the microtask queue each has settled: graphql-js lists
 * errors in the order in which they come, so a replay has the items settle in that order again.
 */
export class SettledItems {
  readonly #items: readonly unknown[];
  readonly #turns: (number | undefined)[];
  #turn: number | undefined;
  #pending = 0;

  private constructor(items: readonly unknown[]) {
    this.#items = items;
    this.#turns = items.map(() => undefined);
  }

  /** Begins to watch the items; `values` rejects where one of them does. */
  static watch(items: readonly unknown[]): {
    readonly settled: SettledItems;
    readonly values: Promise<unknown[]>;
  } {
    const settled = new SettledItems(items);
    for (const [index, item] of items.entries()) if (item instanceof Promise) settled.#watch(item, index);
    return { settled, values: Promise.all(items) };
  }

  #watch(item: Promise<unknown>, index: number): void {
    this.#pending += 1;
    const note = (): void => {
      this.#pending -= 1;
      if (this.#turn === undefined) {
        this.#turn = 0;
        void this.#countTurns();
      }
      this.#turns[index] = this.#turn;
    };
    item.then(note, note);
  }

  async #countTurns(): Promise<void> {
    for (let turn = 1; turn < maxTurns && this.#pending > 0; turn += 1) {
      await undefined;
      this.#turn = turn;
    }
  }

  /** Resolves when all have settled. */
  get all(): Promise<unknown> {
    return Promise.allSettled(this.#items);
  }

  /** Items that settle as these did. */
  again(): unknown[] {
    return this.#items.map((item, index) =>
      item instanceof Promise ? after(this.#turns[index] ?? maxTurns, item) : item,
    );
  }
}

async function after(turns: number, item: Promise<unknown>): Promise<unknown> {
  for (let turn = 0; turn < turns; turn += 1) await undefined;
  return item;
}

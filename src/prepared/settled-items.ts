/** The maximum microtask turns to count; an item that takes longer has waited for I/O. */
const maxTurns = 100;

/**
 * The items of a list, usually promises, with the microtask turn in which each settled. graphql-js lists errors in the
 * order in which they occur, so a replay settles the items in that order again.
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

  /** Starts watching the items; `values` rejects if one of them does. */
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

  /** Items that settle in the same order as these. */
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

/** A Stripe account or a context path; undefined for the key's own account. */
export type StripeAccount = string | undefined;

/** Each account's lane takes about 2.7 kB. */
const defaultMax = 10_000;

/**
 * A value for each Stripe account, created when first needed. Beyond `max`, the least recently used idle one is
 * dropped. Values in use are never dropped, so more than `max` may be kept for a while.
 */
export class PerAccount<Value> {
  readonly #create: (account: StripeAccount) => Value;
  readonly #isIdle: (value: Value) => boolean;
  readonly #max: number;
  // Least recently used first.
  readonly #values = new Map<StripeAccount, Value>();

  constructor(
    create: (account: StripeAccount) => Value,
    isIdle: (value: Value) => boolean,
    max = defaultMax,
  ) {
    this.#create = create;
    this.#isIdle = isIdle;
    this.#max = max;
  }

  of(account: StripeAccount): Value {
    const known = this.#values.get(account);
    if (known !== undefined) {
      if (this.#values.size > 1) {
        this.#values.delete(account);
        this.#values.set(account, known);
      }
      return known;
    }
    // Drops several, if many were in use at once and are idle now.
    while (this.#values.size >= this.#max && this.#forgetOne());
    const made = this.#create(account);
    this.#values.set(account, made);
    return made;
  }

  /** All current values. */
  get all(): readonly Value[] {
    return [...this.#values.values()];
  }

  /** False if none is idle. */
  #forgetOne(): boolean {
    for (const [account, value] of this.#values) {
      if (this.#isIdle(value)) return this.#values.delete(account);
    }
    return false;
  }
}

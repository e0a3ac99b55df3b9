import { beforeEach, describe, expect, it } from '@jest/globals';
import { type ArrivingBody, BodyBudget, shareOfHeapInBytes } from '../../src/http/body-memory-budget.ts';

/** A body that takes a share of the budget. */
class Body implements ArrivingBody {
  readonly charged: number;
  readonly #budget: BodyBudget;
  isRefused = false;

  constructor(budget: BodyBudget, share: number) {
    this.#budget = budget;
    this.charged = Math.floor(share * shareOfHeapInBytes());
  }

  reserve(): boolean {
    return this.#budget.reserve(this.charged, this);
  }

  refuseBody(): void {
    this.isRefused = true;
    this.#budget.removeArriving(this);
    this.#budget.release(this.charged);
  }
}

describe('the memory of request bodies', () => {
  let budget: BodyBudget;
  beforeEach(() => {
    budget = new BodyBudget();
  });

  const arriving = (share: number): Body => {
    const body = new Body(budget, share);
    expect(body.reserve()).toBe(true);
    budget.addArriving(body);
    return body;
  };

  it('the memory of request bodies is taken from the oldest that are arriving, and from no more than needed', () => {
    const bodies = [arriving(0.3), arriving(0.3), arriving(0.3)];
    expect(new Body(budget, 0.5).reserve()).toBe(true);
    expect(bodies.map(({ isRefused }) => isRefused)).toEqual([true, true, false]);
  });

  it('the memory of request bodies is taken from none if that would not make enough room', () => {
    // Complete, and waiting for Stripe.
    expect(new Body(budget, 0.8).reserve()).toBe(true);
    const body = arriving(0.1);
    expect(new Body(budget, 0.3).reserve()).toBe(false);
    expect(body.isRefused).toBe(false);
  });

  it('the memory of request bodies is not taken from younger ones', () => {
    const [older, younger] = [arriving(0.3), arriving(0.6)];
    expect(budget.reserve(younger.charged, older)).toBe(false);
    expect(younger.isRefused).toBe(false);
  });
});

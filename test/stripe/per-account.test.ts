import { describe, expect, it } from '@jest/globals';
import { PerAccount } from '../../src/stripe/http/per-account.ts';

interface Lane {
  readonly account: string | undefined;
  busy: boolean;
}

describe('what is kept for each Stripe account', () => {
  const open = (max: number): PerAccount<Lane> =>
    new PerAccount<Lane>(
      (account) => ({ account, busy: false }),
      ({ busy }) => !busy,
      max,
    );
  const names = (lanes: PerAccount<Lane>) => lanes.all.map(({ account }) => account);

  it('an account has one lane, and the configured account one of its own', () => {
    const lanes = open(10);
    expect(lanes.of('acct_1')).toBe(lanes.of('acct_1'));
    expect(lanes.of(undefined)).not.toBe(lanes.of('acct_1'));
  });

  it('the least recently used idle account is forgotten first', () => {
    const lanes = open(2);
    lanes.of('acct_1');
    lanes.of('acct_2');
    lanes.of('acct_1');
    lanes.of('acct_3');
    expect(names(lanes)).toEqual(['acct_1', 'acct_3']);
  });

  it('an account with calls under way is never forgotten, even beyond the limit', () => {
    const lanes = open(2);
    for (const account of ['acct_1', 'acct_2', 'acct_3']) lanes.of(account).busy = true;
    expect(names(lanes)).toEqual(['acct_1', 'acct_2', 'acct_3']);
    lanes.of('acct_2').busy = false;
    lanes.of('acct_4');
    expect(names(lanes)).toEqual(['acct_1', 'acct_3', 'acct_4']);
  });

  it('an account that is new brings the accounts back to the limit once many that were in use are idle', () => {
    const lanes = open(2);
    const busy = ['acct_1', 'acct_2', 'acct_3', 'acct_4'].map((account) => lanes.of(account));
    for (const lane of busy) lane.busy = true;
    lanes.of('acct_5').busy = true;
    for (const lane of busy) lane.busy = false;
    lanes.of('acct_6');
    expect(names(lanes)).toEqual(['acct_5', 'acct_6']);
  });

  it('no more accounts than the limit are left of ten thousand that are seen once each', () => {
    const lanes = open(100);
    for (let account = 0; account < 10_000; account += 1) lanes.of(`acct_${account}`);
    expect(lanes.all).toHaveLength(100);
  });
});

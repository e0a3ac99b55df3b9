import { randomBytes } from 'node:crypto';
import { KeptByAccount } from '../kept-by-account.ts';
import type { AccountActivity, ActivityParameters } from './shapes.ts';

/** Keeps the newest activities, each for its account. */
export class AccountActivities {
  readonly #activities: KeptByAccount<AccountActivity>;
  readonly #now: () => number;

  constructor(capacity: number, now: () => number) {
    this.#activities = new KeptByAccount(capacity);
    this.#now = now;
  }

  create(account: string, params: ActivityParameters, livemode: boolean): AccountActivity {
    const created = new Date(this.#now()).toISOString();
    const activity = {
      id: `acctact_${randomBytes(12).toString('hex')}`,
      object: 'v2.signals.account_activity' as const,
      created,
      livemode,
      ...params,
      occurred_at: params.occurred_at ?? created,
    };
    this.#activities.set(account, activity.id, activity);
    return activity;
  }

  get(account: string, id: string): AccountActivity | undefined {
    return this.#activities.get(account, id);
  }

  /** Returns whether it existed. */
  delete(account: string, id: string): boolean {
    return this.#activities.delete(account, id);
  }
}

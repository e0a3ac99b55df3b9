import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { AccountActivity, ActivityParameters } from './shapes.ts';

/** Keeps what was told of accounts, each for its account: the newest. */
export class AccountActivities {
  readonly #byPlace: LRUCache<string, AccountActivity>;
  readonly #now: () => number;

  constructor(capacity: number, now: () => number) {
    this.#byPlace = new LRUCache({ max: capacity });
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
    this.#byPlace.set(placeOf(account, activity.id), activity);
    return activity;
  }

  get(account: string, id: string): AccountActivity | undefined {
    return this.#byPlace.get(placeOf(account, id));
  }

  /** Whether there was one to delete. */
  delete(account: string, id: string): boolean {
    return this.#byPlace.delete(placeOf(account, id));
  }
}

function placeOf(account: string, id: string): string {
  return JSON.stringify([account, id]);
}

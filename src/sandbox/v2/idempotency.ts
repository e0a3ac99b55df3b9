import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { SandboxResponse } from '../response.ts';
import { refusal } from './refusals.ts';

const keptForMs = 30 * 24 * 3600 * 1000;

type Kept = { readonly request: string; readonly at: number; readonly answer: SandboxResponse | 'in flight' };

/**
 * v2's idempotency layer: repeating a request that succeeded does nothing and returns the current state; repeating one
 * that failed runs it again. Keys are kept for 30 days, separately for each path and account.
 * Source: https://docs.stripe.com/api-v2-overview#idempotency
 */
export class IdempotencyKeys {
  readonly #kept: LRUCache<string, Kept>;
  readonly #now: () => number;

  constructor(capacity: number, now: () => number) {
    this.#kept = new LRUCache({ max: capacity });
    this.#now = now;
  }

  /** Runs `work` unless it has already succeeded in this `scope`, which contains the key. */
  async run(scope: string, body: string, work: () => Promise<SandboxResponse>): Promise<SandboxResponse> {
    const request = hash('sha256', body, 'base64url');
    const at = this.#now();
    const found = this.#kept.get(scope);
    const kept = found === undefined || at - found.at > keptForMs ? undefined : found;
    if (kept !== undefined && kept.request !== request) return conflict;
    if (kept?.answer === 'in flight') return inFlight;
    if (kept !== undefined) {
      const { answer } = kept;
      return {
        ...answer,
        body: answer.updated?.() ?? answer.body,
        headers: { ...answer.headers, 'idempotent-replayed': 'true' },
      };
    }
    this.#kept.set(scope, { request, at, answer: 'in flight' });
    const answer = await work();
    if (answer.status < 300) this.#kept.set(scope, { request, at, answer });
    else this.#kept.delete(scope);
    return answer;
  }
}

const conflict = refusal({
  status: 400,
  type: 'idempotency_error',
  code: 'idempotency_key_reused',
  message:
    'Keys for idempotent requests can only be used with the same parameters they were first used with.',
});

const inFlight = refusal({
  status: 409,
  type: 'idempotency_error',
  code: 'idempotency_key_in_use',
  message: 'There is currently another in-progress request using this Idempotency-Key.',
});

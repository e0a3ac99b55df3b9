import { hash } from 'node:crypto';
import type { SandboxResponse } from '../response.ts';

/** Only the request's hash is kept: ten thousand of the largest requests would be a gigabyte. */
type Kept = { request: string; answer: SandboxResponse | 'in flight' };

/**
 * The upstream's idempotency layer: the first answer to a key is kept, 500s included, once the work has begun.
 * Source: https://docs.stripe.com/api/idempotent_requests
 */
export class IdempotencyKeys {
  readonly #kept = new Map<string, Kept>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Runs `work` once per key; `request` distinguishes a retry from another request. */
  async run(
    key: string | undefined,
    request: string,
    work: () => Promise<SandboxResponse>,
  ): Promise<SandboxResponse> {
    if (key === undefined) return work();
    const kept = this.#kept.get(key);
    const digest = hash('sha256', request, 'base64url');
    if (kept !== undefined && kept.request !== digest) return conflict;
    if (kept?.answer === 'in flight') return inFlight;
    if (kept !== undefined) {
      return { ...kept.answer, headers: { ...kept.answer.headers, 'idempotent-replayed': 'true' } };
    }
    this.#keep(key, { request: digest, answer: 'in flight' });
    const answer = await work();
    if (answer.kept === false) this.#kept.delete(key);
    else this.#keep(key, { request: digest, answer });
    return answer;
  }

  #keep(key: string, kept: Kept): void {
    this.#kept.set(key, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > this.#capacity && oldest !== undefined) this.#kept.delete(oldest);
  }
}

const conflict: SandboxResponse = {
  status: 400,
  kept: false,
  body: {
    error: {
      type: 'idempotency_error',
      message:
        'Keys for idempotent requests can only be used with the same parameters they were first used with.',
    },
  },
};

const inFlight: SandboxResponse = {
  status: 409,
  kept: false,
  body: {
    error: {
      type: 'idempotency_error',
      code: 'idempotency_key_in_use',
      message: 'There is currently another in-progress request using this Idempotency-Key.',
    },
  },
};

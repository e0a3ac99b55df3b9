import type { FastifyRequest } from 'fastify';

const ignored = {
  'x-request-timeout-ms':
    'x-request-timeout-ms is ignored: it must be milliseconds as a decimal number, such as 800 or 799.5, without a unit',
  'idempotency-key': 'the header Idempotency-Key is ignored: send the key as input.idempotencyKey',
} as const;

/** Warns of ignored headers, once for each, since any caller can send them. Never logs their values. */
export class IgnoredHeaders {
  readonly #warnedOf = new Set<keyof typeof ignored>();

  warnOf(header: keyof typeof ignored, { callLog }: Pick<FastifyRequest, 'callLog'>): void {
    if (this.#warnedOf.has(header)) return;
    this.#warnedOf.add(header);
    callLog.warn(ignored[header]);
  }
}

import type { FastifyRequest } from 'fastify';
import { customerEvaluationsPath } from '../../stripe/customer-evaluation.wire.ts';
import { accountFault, accountOf, wordsOfAccount } from '../account.ts';
import type { Creations } from '../creation.ts';
import { type MagicDialect, type MagicRequest, withMagic } from '../magic-request.ts';
import { headerOf, isLive, secretKeyOf } from '../request-headers.ts';
import type { SandboxResponse } from '../response.ts';
import { idIn, type SandboxRoute } from '../routes.ts';
import { type SentString, stringsIn } from '../sent-strings.ts';
import { Evaluations } from './evaluations.ts';
import { IdempotencyKeys } from './idempotency.ts';
import { readCreateParameters } from './parameters.ts';
import { refusal, unrecognizedUrl } from './refusals.ts';
import { readReportParameters, readRetrieveParameters, reported } from './reports.ts';

// The first preview that has each call.
const createSince = '2026-03-04';
const retrieveSince = '2026-06';

/** Stripe's v1 API: customer evaluations, which are complete when they are made. */
export class CustomerEvaluations {
  readonly #evaluations: Evaluations;
  readonly #keys: IdempotencyKeys;
  readonly #creations: Creations;

  constructor(capacity: number, creations: Creations) {
    this.#evaluations = new Evaluations(capacity);
    this.#keys = new IdempotencyKeys(capacity);
    this.#creations = creations;
  }

  get routes(): SandboxRoute[] {
    const one = `${customerEvaluationsPath}/:id`;
    return [
      {
        method: 'POST',
        url: customerEvaluationsPath,
        answer: (request) => this.#answer(request, createSince, () => this.#create(request)),
      },
      {
        method: 'GET',
        url: one,
        answer: (request) => this.#answer(request, retrieveSince, () => this.#retrieve(request)),
      },
      {
        method: 'POST',
        url: `${one}/report`,
        answer: (request) => this.#answer(request, createSince, () => this.#report(request)),
      },
    ];
  }

  /** The number of evaluations ever made. */
  get created(): number {
    return this.#evaluations.created;
  }

  // The upstream's order: key, account, URL by version, idempotency, parameters.
  async #answer(
    request: FastifyRequest,
    since: string,
    work: () => Promise<SandboxResponse>,
  ): Promise<SandboxResponse> {
    if (secretKeyOf(request) === undefined) {
      return refusal(401, { message: 'You did not provide a valid API key.' });
    }
    const fault = accountFault(request);
    if (fault !== undefined) return refusal(fault.status, fault);
    const version = versionOf(request);
    if (!/^\d{4}-\d{2}-\d{2}/.test(version)) {
      return refusal(400, { message: 'Invalid Stripe API version.' });
    }
    if (version < since) return unrecognizedUrl(request);
    const key = headerOf(request, 'idempotency-key');
    if (key !== undefined && key.length > 255) {
      return refusal(400, { message: 'Idempotency keys can be at most 255 characters.' });
    }
    const scope = key === undefined ? undefined : JSON.stringify([accountOf(request), key]);
    return this.#keys.run(scope, `${request.url}\n${String(request.body)}`, work);
  }

  async #create(request: FastifyRequest): Promise<SandboxResponse> {
    const read = readCreateParameters(String(request.body ?? ''), versionOf(request));
    if ('error' in read) return refusal(400, read.error);
    const context = { evaluation_context: read.params.evaluation_context };
    return underMagic(request, stringsIn(context), (magic) => {
      const account = accountOf(request);
      const order = { params: read.params, magic, livemode: isLive(request) };
      const evaluation = this.#evaluations.create(account, order);
      const key = headerOf(request, 'idempotency-key');
      this.#creations.set(account, evaluation.id, { key, onRead: magic.onRead ?? '' });
      return { status: 200, body: evaluation };
    });
  }

  async #retrieve(request: FastifyRequest): Promise<SandboxResponse> {
    const id = idIn(request);
    const read = readRetrieveParameters(request.url.split('?')[1] ?? '');
    if ('error' in read) return refusal(400, read.error);
    const account = accountOf(request);
    const words = `${id} ${this.#creations.get(account, id)?.onRead ?? ''}`;
    return underMagic(request, stringsIn({ id: words }), () => {
      const evaluation = this.#evaluations.get(account, id);
      if (evaluation === undefined) return noSuchEvaluation;
      const events = read.params.expand?.includes('events') ? (evaluation.events ?? []) : null;
      return { status: 200, body: { ...evaluation, events } };
    });
  }

  async #report(request: FastifyRequest): Promise<SandboxResponse> {
    const id = idIn(request);
    const read = readReportParameters(String(request.body ?? ''), versionOf(request));
    if ('error' in read) return refusal(400, read.error);
    return underMagic(request, [...stringsIn({ id }), ...stringsIn(read.params)], () => {
      const account = accountOf(request);
      const evaluation = this.#evaluations.get(account, id);
      if (evaluation === undefined) return noSuchEvaluation;
      return { status: 200, body: this.#evaluations.replace(account, reported(evaluation, read.params)) };
    });
  }
}

const dialect: MagicDialect = {
  api: 'v1',
  unknownWord: (message, param) =>
    refusal(400, { code: 'parameter_invalid', message, ...(param === undefined ? {} : { param }) }),
  error: ({ status, headers, type, code, message, withParam, notKept }, param) => ({
    status,
    body: { error: { type, code, message, param: withParam ? param : undefined } },
    ...(headers === undefined ? {} : { headers }),
    ...(notKept ? { kept: false } : {}),
  }),
};

function underMagic(
  request: FastifyRequest,
  strings: readonly SentString[],
  work: (magic: MagicRequest) => SandboxResponse,
): Promise<SandboxResponse> {
  return withMagic([...wordsOfAccount(request), ...strings], dialect, work);
}

const noSuchEvaluation = refusal(404, {
  code: 'resource_missing',
  param: 'id',
  message: 'No such customer evaluation.',
});

function versionOf(request: FastifyRequest): string {
  return headerOf(request, 'stripe-version') ?? createSince;
}

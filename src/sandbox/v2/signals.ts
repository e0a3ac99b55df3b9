import type { FastifyRequest } from 'fastify';
import { accountOf, wordsOfAccount } from '../account.ts';
import type { Creations } from '../creation.ts';
import { type MagicDialect, type MagicRequest, withMagic } from '../magic-request.ts';
import { headerOf, isLive } from '../request-headers.ts';
import type { SandboxResponse } from '../response.ts';
import { idIn, type SandboxRoute } from '../routes.ts';
import { type SentString, stringsIn } from '../sent-strings.ts';
import { AccountActivities } from './account-activities.ts';
import { describe } from './account-evaluation.ts';
import { AccountEvaluations } from './account-evaluations.ts';
import { checkHeaders } from './header-checks.ts';
import { IdempotencyKeys } from './idempotency.ts';
import { invalidFields, noSuchEvaluation, notFound, readBody, refusal } from './refusals.ts';
import {
  type ActivityParameters,
  activityParameters,
  type CreateParameters,
  createParameters,
} from './shapes.ts';

const evaluationsPath = '/v2/signals/account_evaluations';

// The path was renamed at the second date.
const since = '2026-08-26';
const renamedSince = '2026-09-30';
const activityPaths = [
  { url: '/v2/signals/account_activity', since, before: renamedSince },
  { url: '/v2/signals/account_activities', since: renamedSince, before: undefined },
];

/** Stripe's v2 signals API: account evaluations, which complete after their creation. */
export class Signals {
  readonly #evaluations: AccountEvaluations;
  readonly #activities: AccountActivities;
  readonly #keys: IdempotencyKeys;
  readonly #creations: Creations;

  constructor(capacity: number, creations: Creations, now: () => number) {
    this.#evaluations = new AccountEvaluations(capacity, now);
    this.#activities = new AccountActivities(capacity, now);
    this.#keys = new IdempotencyKeys(capacity, now);
    this.#creations = creations;
  }

  get routes(): SandboxRoute[] {
    const served = { since, before: undefined };
    return [
      this.#route('POST', evaluationsPath, served, (request) => this.#createEvaluation(request)),
      this.#route('GET', `${evaluationsPath}/:id`, served, (request) => this.#retrieveEvaluation(request)),
      ...activityPaths.flatMap(({ url, ...versions }) => [
        this.#route('POST', url, versions, (request) => this.#createActivity(request)),
        this.#route('GET', `${url}/:id`, versions, (request) => this.#retrieveActivity(request)),
        this.#route('DELETE', `${url}/:id`, versions, (request) => this.#deleteActivity(request)),
      ]),
    ];
  }

  /** The number of evaluations ever made. */
  get created(): number {
    return this.#evaluations.created;
  }

  #route(
    method: SandboxRoute['method'],
    url: string,
    versions: { since: string; before: string | undefined },
    work: (request: FastifyRequest) => Promise<SandboxResponse>,
  ): SandboxRoute {
    return {
      method,
      url,
      answer: async (request) => {
        const refused = checkHeaders(request, versions);
        if (refused !== undefined) return refused;
        const key = headerOf(request, 'idempotency-key');
        if (key === undefined || method === 'GET') return work(request);
        const scope = JSON.stringify([accountOf(request), method, request.url, key]);
        return this.#keys.run(scope, String(request.body), () => work(request));
      },
    };
  }

  async #createEvaluation(request: FastifyRequest): Promise<SandboxResponse> {
    const read = readBody(String(request.body), createParameters);
    if ('refused' in read) return read.refused;
    const { params } = read;
    const { account_details, account_activity_details } = params;
    if (!namesOneAccount(account_details)) return ambiguousAccount;
    const { account_activity, data } = account_activity_details ?? {};
    if (account_activity !== undefined && data !== undefined) {
      return invalidFields('account_activity_details: Provide account_activity or data, not both.');
    }
    const account = accountOf(request);
    if (account_activity !== undefined && this.#activities.get(account, account_activity) === undefined) {
      return notFound('account activity');
    }
    return underMagic(request, stringsIn({ account_details, account_activity_details }), (magic) => {
      const made = this.#make(request, params, magic);
      const updated = (): object =>
        this.#evaluations.describe(account, made.id, 'repeated') ?? describe(made);
      return { status: 200, body: describe(made), updated };
    });
  }

  #make(request: FastifyRequest, params: CreateParameters, magic: MagicRequest) {
    const account = accountOf(request);
    const livemode = isLive(request);
    const { account_activity, data } = params.account_activity_details ?? {};
    const activity =
      data === undefined
        ? account_activity
        : this.#activities.create(account, { ...data, account_details: params.account_details }, livemode).id;
    const made = this.#evaluations.create(account, { params, magic, livemode, activity });
    const key = headerOf(request, 'idempotency-key');
    this.#creations.set(account, made.id, { key, onRead: magic.onRead ?? '' });
    return made;
  }

  #retrieveEvaluation(request: FastifyRequest): Promise<SandboxResponse> {
    const id = idIn(request);
    const account = accountOf(request);
    const words = `${id} ${this.#creations.get(account, id)?.onRead ?? ''}`;
    return underMagic(request, stringsIn({ id: words }), () => {
      const body = this.#evaluations.describe(account, id, 'read');
      return body === undefined ? noSuchEvaluation : { status: 200, body };
    });
  }

  async #createActivity(request: FastifyRequest): Promise<SandboxResponse> {
    const read = readBody<ActivityParameters>(String(request.body), activityParameters);
    if ('refused' in read) return read.refused;
    const { account_evaluation, account_details } = read.params;
    if (
      account_details === undefined ? account_evaluation === undefined : !namesOneAccount(account_details)
    ) {
      return ambiguousAccount;
    }
    const account = accountOf(request);
    return underMagic(request, stringsIn(read.params), () => {
      if (account_evaluation !== undefined && !this.#evaluations.has(account, account_evaluation)) {
        return notFound('account evaluation');
      }
      return { status: 200, body: this.#activities.create(account, read.params, isLive(request)) };
    });
  }

  #retrieveActivity(request: FastifyRequest): Promise<SandboxResponse> {
    return underMagic(request, [], () => {
      const body = this.#activities.get(accountOf(request), idIn(request));
      return body === undefined ? notFound('account activity') : { status: 200, body };
    });
  }

  #deleteActivity(request: FastifyRequest): Promise<SandboxResponse> {
    const id = idIn(request);
    return underMagic(request, [], () => {
      if (!this.#activities.delete(accountOf(request), id)) return notFound('account activity');
      return { status: 200, body: { id, object: 'v2.signals.account_activity' } };
    });
  }
}

function namesOneAccount(details: CreateParameters['account_details']): boolean {
  return Object.keys(details).length === 1;
}

const ambiguousAccount = refusal({
  status: 400,
  code: 'invalid_account_details',
  message: 'Provide exactly one of account, customer and data in account_details.',
});

const dialect: MagicDialect = {
  api: 'v2',
  unknownWord: (message, param) =>
    param === undefined
      ? refusal({ status: 400, code: 'invalid_header', message })
      : invalidFields(`${param}: ${message}`),
  error: refusal,
};

function underMagic(
  request: FastifyRequest,
  strings: readonly SentString[],
  work: (magic: MagicRequest) => SandboxResponse,
): Promise<SandboxResponse> {
  return withMagic([...wordsOfAccount(request), ...strings], dialect, work);
}

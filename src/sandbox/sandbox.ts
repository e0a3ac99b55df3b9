import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { customerEvaluationsPath } from '../stripe/customer-evaluation.wire.ts';
import { Evaluations } from './evaluations.ts';
import { FaultPicker } from './fault-picker.ts';
import { IdempotencyKeys, type SandboxAnswer } from './idempotency.ts';
import { type Journal, withoutExcess } from './journal.ts';
import { type MagicRequest, magicCases, readMagicWords, type SandboxError } from './magic-values.ts';
import { readCreateParameters, type SentString, stringsIn } from './parameters.ts';
import { readReportParameters, readRetrieveParameters, reported } from './reports.ts';

/** A key that the sandbox takes; it takes any of Stripe's form. */
export const sandboxKey = 'sk_test_sandbox';

export interface SandboxOptions {
  /** The share of creating calls, from 0 to 1, that a fault drawn at random befalls. */
  readonly faultShare?: number;
  /** How many evaluations and idempotency keys are kept: the newest. */
  readonly capacity?: number;
  /** Where what is received is noted for people to look at. */
  readonly journal?: Journal | undefined;
}

const defaultCapacity = 10_000;
const maxBodyBytes = 1024 * 1024;

/**
 * A stand-in for the upstream, with its wire format, errors and idempotency, for development and tests.
 * Scores are a function of the input; the words of `magic-values.ts` choose every other case.
 */
export class Sandbox {
  readonly #server: FastifyInstance;
  readonly #evaluations: Evaluations;
  readonly #keys: IdempotencyKeys;
  readonly #faultPicker: FaultPicker;
  readonly #journal: Journal | undefined;

  constructor({ faultShare = 0, capacity = defaultCapacity, journal }: SandboxOptions = {}) {
    this.#journal = journal;
    this.#evaluations = new Evaluations(capacity);
    this.#keys = new IdempotencyKeys(capacity);
    this.#faultPicker = new FaultPicker(faultShare);
    this.#server = fastify({
      bodyLimit: maxBodyBytes,
      forceCloseConnections: true,
      // Ids of any length are looked up: the router's own 100 would answer like a URL that does not exist.
      routerOptions: { maxParamLength: maxBodyBytes },
    });
    this.#server.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, done) => done(null, body),
    );
    this.#server.addHook('onSend', async (_request, reply) => {
      reply.header('request-id', `req_${randomBytes(7).toString('hex')}`);
    });
    this.#server.post(customerEvaluationsPath, (request, reply) =>
      this.#serve(request, reply, () => this.#answer(request, createSince, () => this.#create(request))),
    );
    this.#server.get<OfOne>(`${customerEvaluationsPath}/:id`, (request, reply) =>
      this.#serve(request, reply, () => this.#answer(request, retrieveSince, () => this.#retrieve(request))),
    );
    this.#server.post<OfOne>(`${customerEvaluationsPath}/:id/report`, (request, reply) =>
      this.#serve(request, reply, () => this.#answer(request, createSince, () => this.#report(request))),
    );
    this.#server.setNotFoundHandler((request, reply) => {
      reply.code(404).send(unrecognizedUrl(request).body);
    });
    this.#server.setErrorHandler<{ statusCode?: number }>((error, _request, reply) => {
      const status = error.statusCode ?? 500;
      reply.code(status).send(refusal(status, { message: 'The request could not be read.' }).body);
    });
  }

  /** Serves on `host`, at `port` or, with 0, at a free one. Answers the base URL. */
  listen(host: string, port: number): Promise<string> {
    return this.#server.listen({ host, port });
  }

  async close(): Promise<void> {
    await this.#server.close();
  }

  /** How many evaluations were ever made. */
  get created(): number {
    return this.#evaluations.created;
  }

  /** Answers, or does what the request's fault has it do before, after or instead of the work. */
  async #serve(
    request: FastifyRequest,
    reply: FastifyReply,
    answer: () => Promise<SandboxAnswer>,
  ): Promise<void> {
    const key = headerOf(request, 'idempotency-key');
    const noted = this.#journal?.note(key, request);
    const fault = this.#faultPicker.pick(String(request.body ?? ''), key);
    if (fault !== undefined && noted !== undefined) noted.answer = `(the sandbox ${fault.does})`;
    if (fault !== undefined && !fault.worksFirst) {
      reply.hijack();
      fault.write(reply.raw, '');
      return;
    }
    const { status, headers = {}, body } = await answer();
    if (fault === undefined) {
      if (noted !== undefined) noted.answer = withoutExcess(`${status}\n${JSON.stringify(body)}`);
      await reply.code(status).headers(headers).send(body);
      return;
    }
    reply.hijack();
    fault.write(reply.raw, JSON.stringify(body));
  }

  // The upstream's order: key, URL by version, idempotency, parameters.
  async #answer(
    request: FastifyRequest,
    since: string,
    work: () => Promise<SandboxAnswer>,
  ): Promise<SandboxAnswer> {
    if (secretKey(request) === undefined) {
      return refusal(401, { message: 'You did not provide a valid API key.' });
    }
    const version = versionOf(request);
    if (!/^\d{4}-\d{2}-\d{2}/.test(version)) {
      return refusal(400, { message: 'Invalid Stripe API version.' });
    }
    if (version < since) return unrecognizedUrl(request);
    const key = headerOf(request, 'idempotency-key');
    if (key !== undefined && key.length > 255) {
      return refusal(400, { message: 'Idempotency keys can be at most 255 characters.' });
    }
    return this.#keys.run(key, `${request.url}\n${String(request.body)}`, work);
  }

  async #create(request: FastifyRequest): Promise<SandboxAnswer> {
    const read = readCreateParameters(String(request.body ?? ''), versionOf(request));
    if ('error' in read) return refusal(400, read.error);
    const context = { evaluation_context: read.params.evaluation_context };
    return withMagic(stringsIn(context), (magic) => {
      const livemode = secretKey(request)?.includes('_live_') ?? false;
      return { status: 200, body: this.#evaluations.create(read.params, magic, livemode) };
    });
  }

  async #retrieve(request: FastifyRequest<OfOne>): Promise<SandboxAnswer> {
    const { id } = request.params;
    const read = readRetrieveParameters(request.url.split('?')[1] ?? '');
    if ('error' in read) return refusal(400, read.error);
    return withMagic(stringsIn({ id }), () => {
      const evaluation = this.#evaluations.get(id);
      if (evaluation === undefined) return noSuchEvaluation;
      const events = read.params.expand?.includes('events') ? (evaluation.events ?? []) : null;
      return { status: 200, body: { ...evaluation, events } };
    });
  }

  async #report(request: FastifyRequest<OfOne>): Promise<SandboxAnswer> {
    const { id } = request.params;
    const read = readReportParameters(String(request.body ?? ''), versionOf(request));
    if ('error' in read) return refusal(400, read.error);
    return withMagic([...stringsIn({ id }), ...stringsIn(read.params)], () => {
      const evaluation = this.#evaluations.get(id);
      if (evaluation === undefined) return noSuchEvaluation;
      return { status: 200, body: this.#evaluations.replace(reported(evaluation, read.params)) };
    });
  }
}

/** The route of one evaluation. */
interface OfOne {
  Params: { id: string };
}

// Does what the words in the strings say, and `work` where they say nothing against it.
async function withMagic(
  strings: readonly SentString[],
  work: (magic: MagicRequest) => SandboxAnswer,
): Promise<SandboxAnswer> {
  const magic = readMagicWords(strings);
  if ('unknownWord' in magic) {
    return refusal(400, {
      code: 'parameter_invalid',
      param: magic.param,
      message: `The sandbox knows no case sandbox_${magic.unknownWord}, but ${Object.keys(magicCases).join(', ')} and delay_<milliseconds>.`,
    });
  }
  if (magic.delayMs > 0) await delay(magic.delayMs);
  return magic.error === undefined ? work(magic) : magicError(magic.error, magic.errorParam);
}

// The first preview that has each call.
const createSince = '2026-03-04';
const retrieveSince = '2026-06';

function refusal(status: number, words: { code?: string; param?: string; message: string }): SandboxAnswer {
  return { status, body: { error: { type: 'invalid_request_error', ...words } }, kept: false };
}

const noSuchEvaluation = refusal(404, {
  code: 'resource_missing',
  param: 'id',
  message: 'No such customer evaluation.',
});

function magicError(error: SandboxError, param: string | undefined): SandboxAnswer {
  const { status, headers, type, code, message } = error;
  return {
    status,
    body: { error: { type, code, message, param: error.withParam ? param : undefined } },
    ...(headers === undefined ? {} : { headers }),
    ...(error.notKept ? { kept: false } : {}),
  };
}

function unrecognizedUrl(request: FastifyRequest): SandboxAnswer {
  return refusal(404, { message: `Unrecognized request URL (${request.method}: ${request.url}).` });
}

function versionOf(request: FastifyRequest): string {
  return headerOf(request, 'stripe-version') ?? createSince;
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

// As the reference has it: Basic with the key as user name, or Bearer.
function secretKey(request: FastifyRequest): string | undefined {
  const [scheme, credentials = ''] = (request.headers.authorization ?? '').split(' ');
  const key =
    scheme === 'Basic' ? Buffer.from(credentials, 'base64').toString().replace(/:$/, '') : credentials;
  return /^(sk|rk)_(test|live)_\w+$/.test(key) ? key : undefined;
}

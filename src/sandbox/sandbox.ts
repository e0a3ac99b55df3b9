import { randomBytes } from 'node:crypto';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { accountOf } from './account.ts';
import type { Creation } from './creation.ts';
import { FaultPicker } from './fault-picker.ts';
import { type Journal, withoutExcess } from './journal.ts';
import { KeptByAccount } from './kept-by-account.ts';
import { headerOf } from './request-headers.ts';
import { idIn, type SandboxRoute } from './routes.ts';
import { CustomerEvaluations } from './v1/customer-evaluations.ts';
import { refusal, unrecognizedUrl } from './v1/refusals.ts';
import { Signals } from './v2/signals.ts';

/** A key for the sandbox, which accepts any key in Stripe's format. */
export const sandboxKey = 'sk_test_sandbox';

export interface SandboxOptions {
  /** The share of calls, from 0 to 1, that get a random fault. */
  readonly faultShare?: number;
  /** The maximum evaluations and idempotency keys to keep; the newest are kept. */
  readonly capacity?: number;
  /** Records received calls for the playground. */
  readonly journal?: Journal | undefined;
  /** The current time in milliseconds since 1970, which decides when v2 evaluations complete. */
  readonly now?: () => number;
}

const defaultCapacity = 10_000;
const maxBodyBytes = 1024 * 1024;

/**
 * A stand-in for Stripe, with the wire format, errors and idempotency of its v1 and v2 APIs, for development and tests.
 * Scores are a function of the input; the words in `magic-values.ts` select every other case.
 */
export class Sandbox {
  readonly #server: FastifyInstance;
  readonly #creations: KeptByAccount<Creation>;
  readonly #v1: CustomerEvaluations;
  readonly #v2: Signals;
  readonly #faultPicker: FaultPicker;
  readonly #journal: Journal | undefined;

  constructor({ faultShare = 0, capacity = defaultCapacity, journal, now = Date.now }: SandboxOptions = {}) {
    this.#journal = journal;
    this.#creations = new KeptByAccount(capacity);
    this.#v1 = new CustomerEvaluations(capacity, this.#creations);
    this.#v2 = new Signals(capacity, this.#creations, now);
    this.#faultPicker = new FaultPicker(faultShare);
    this.#server = fastify({
      bodyLimit: maxBodyBytes,
      forceCloseConnections: true,
      // Ids may have any length: the router's default limit of 100 would answer like an unknown URL.
      routerOptions: { maxParamLength: maxBodyBytes },
    });
    // Read as text: the journal shows exactly what was sent, and the sandbox itself refuses invalid bodies.
    this.#server.removeContentTypeParser('application/json');
    this.#server.addContentTypeParser(
      ['application/x-www-form-urlencoded', 'application/json'],
      { parseAs: 'string' },
      (_request, body, done) => done(null, body),
    );
    this.#server.addHook('onSend', async (_request, reply) => {
      reply.header('request-id', `req_${randomBytes(7).toString('hex')}`);
    });
    for (const route of [...this.#v1.routes, ...this.#v2.routes]) {
      const { method, url } = route;
      this.#server.route({ method, url, handler: (request, reply) => this.#serve(request, reply, route) });
    }
    // For the health check of the container image, which also runs the sandbox alone.
    this.#server.get('/healthz', async () => ({ status: 'ok' }));
    this.#server.setNotFoundHandler((request, reply) => {
      reply.code(404).send(unrecognizedUrl(request).body);
    });
    this.#server.setErrorHandler<{ statusCode?: number }>((error, _request, reply) => {
      const status = error.statusCode ?? 500;
      reply.code(status).send(refusal(status, { message: 'The request could not be read.' }).body);
    });
  }

  /** Listens on `host` and `port`; 0 picks a free port. Resolves with the base URL. */
  listen(host: string, port: number): Promise<string> {
    return this.#server.listen({ host, port });
  }

  async close(): Promise<void> {
    await this.#server.close();
  }

  /** The number of evaluations ever made. */
  get created(): number {
    return this.#v1.created + this.#v2.created;
  }

  /** Responds to a request, or writes its fault before or after the work. */
  async #serve(request: FastifyRequest, reply: FastifyReply, { answer }: SandboxRoute): Promise<void> {
    const account = accountOf(request);
    const key = headerOf(request, 'idempotency-key');
    // A read has no key: it is recorded under the key of the creating call.
    const creation = request.method === 'GET' ? this.#creations.get(account, idIn(request)) : undefined;
    const noted = this.#journal?.note(key ?? creation?.key, request);
    const asked = [account, request.body, idIn(request), creation?.onRead].join(' ');
    const fault = this.#faultPicker.pick(asked, JSON.stringify([account, key ?? idIn(request)]));
    if (fault !== undefined && noted !== undefined) noted.answer = `(the sandbox ${fault.does})`;
    if (fault !== undefined && !fault.processesFirst) {
      reply.hijack();
      fault.write(reply.raw, '');
      return;
    }
    const { status, headers = {}, body } = await answer(request);
    if (fault === undefined) {
      if (noted !== undefined) noted.answer = withoutExcess(`${status}\n${JSON.stringify(body)}`);
      await reply.code(status).headers(headers).send(body);
      return;
    }
    reply.hijack();
    fault.write(reply.raw, JSON.stringify(body));
  }
}

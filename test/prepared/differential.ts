import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type ServerResponse } from 'node:http';
import type fc from 'fast-check';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';
import { metricsUrl, type Sample, scrape } from '../harness/scrape.ts';
import { type Draw, drawn, mutated } from './draw.ts';
import { customers, drawOperation, type Operation } from './operations.ts';

/** How the upstream responds to each call of a request. */
interface UpstreamAnswer {
  /** Undefined: it closes the connection. */
  readonly status: number | undefined;
  readonly body: unknown;
}

/** A request, its caller, and the upstream's responses. */
export interface Case {
  readonly operation: Operation;
  readonly extensions: unknown;
  readonly answer: UpstreamAnswer;
  readonly headers: Readonly<Record<string, string>>;
  /** The request that the gateway learns the operation from: of another caller, with other variables. */
  readonly learntFrom: { readonly variables: unknown; readonly headers: Readonly<Record<string, string>> };
}

/** Everything that a request leads to, except for what differs each time. */
export interface Effects {
  readonly status: number | undefined;
  readonly headers: unknown;
  readonly body: string;
  readonly upstream: readonly string[];
  readonly log: readonly string[];
  readonly metrics: Readonly<Record<string, number>>;
}

const secret = 'x'.repeat(32);
const allScopes = ['evaluations:create', 'evaluations:report', 'evaluations:read', 'evaluations:signals'];

export const anyCase: fc.Arbitrary<Case> = drawn((draw) => {
  const operation = drawOperation(draw);
  return {
    operation,
    extensions: drawExtensions(draw),
    answer: drawAnswer(draw),
    headers: drawHeaders(draw),
    learntFrom: { variables: drawOthers(operation.variables, draw), headers: drawHeaders(draw) },
  };
});

/** Other variables of the same operation. The booleans decide what is selected. */
function drawOthers(variables: unknown, draw: Draw): unknown {
  if (typeof variables !== 'object' || variables === null || draw.chance(0.2)) return variables;
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) => {
      if (typeof value === 'boolean') return [[name, draw.chance(0.5)]];
      if (draw.chance(0.1)) return [];
      return [[name, draw.chance(0.2) ? mutated(value, draw) : value]];
    }),
  );
}

function drawExtensions(draw: Draw): unknown {
  if (draw.chance(0.7)) return undefined;
  return draw.pick([
    null,
    {},
    { clientLibrary: { name: '@apollo/client', version: '4.2.0' } },
    { persistedQuery: null },
    { persistedQuery: { version: 1, sha256Hash: '0'.repeat(64) } },
    'none',
  ]);
}

function drawAnswer(draw: Draw): UpstreamAnswer {
  // No more, because the circuit breaker opens when half of the last attempts have failed.
  if (draw.chance(0.08)) {
    return { status: draw.pick([undefined, 500, 503]), body: { error: { type: 'api_error' } } };
  }
  if (draw.chance(0.12)) {
    const error = {
      type: 'invalid_request_error',
      message: 'No.',
      param: draw.pick([undefined, 'event_type']),
    };
    return { status: draw.pick([400, 402, 404, 409, 429]), body: { error } };
  }
  const signal = (): unknown =>
    draw.chance(0.3)
      ? null
      : {
          score: draw.integer(0, 100),
          evaluated_at: 1_715_769_600,
          risk_level: draw.pick([null, 'low', 'highest']),
        };
  const event = (): unknown => ({
    type: draw.pick(['login_success', 'login_failed']),
    occurred_at: 1_715_769_600,
    login_failed: { reason: 'other' },
  });
  const body = {
    object: 'radar.customer_evaluation',
    livemode: draw.chance(0.5),
    created_at: 1_715_769_600,
    customer: draw.pick([null, ...customers]),
    events: draw.chance(0.4) ? null : Array.from({ length: draw.integer(0, 2) }, event),
    status: draw.pick([undefined, null, 'allowed', 'blocked']),
    signals: draw.chance(0.1) ? null : { multi_accounting: signal(), account_sharing: signal() },
  };
  return { status: 200, body: draw.chance(0.3) ? mutated(body, draw) : body };
}

function drawHeaders(draw: Draw): Record<string, string> {
  const headers: Record<string, string> = { 'x-caller-subject': 'somebody' };
  if (draw.chance(0.3)) {
    headers['x-caller-scopes'] = allScopes.filter(() => draw.chance(0.8)).join(' ');
  }
  if (draw.chance(0.3)) headers['x-caller-customer'] = draw.pick(customers);
  if (draw.chance(0.5)) {
    headers['accept'] = draw.chance(0.04)
      ? 'text/html'
      : draw.pick([
          'application/json',
          'application/graphql-response+json',
          'application/graphql-response+json, application/json;q=0.9',
          '*/*',
        ]);
  }
  return headers;
}

/** A gateway in front of an upstream that records requests. */
export class Differential {
  readonly #gateway: TestGateway;
  readonly #upstream: RecordingUpstream;
  #runs = 0;
  #before: readonly Sample[] = [];

  private constructor(gateway: TestGateway, upstream: RecordingUpstream) {
    this.#gateway = gateway;
    this.#upstream = upstream;
  }

  static async start(
    nodeOptions: readonly string[] = [],
    rest: Record<string, string> = {},
  ): Promise<Differential> {
    const upstream = await startRecordingUpstream();
    const environment = upstreamAt(upstream.url, {
      AUTH_MODE: 'router',
      ROUTER_SECRET: secret,
      SIGNALS_VISIBILITY: 'scoped',
      UPSTREAM_MAX_ATTEMPTS: '1',
      METRICS_PORT: '0',
      MAX_ALIASES: '200',
      MAX_DIRECTIVES: '200',
      ...rest,
    });
    return new Differential(
      await startTestGateway(environment, {
        nodeOptions: ['--import', './test/prepared/fixed-uuids.ts', ...nodeOptions],
      }),
      upstream,
    );
  }

  async close(): Promise<void> {
    await this.#gateway.close();
    await this.#upstream.close();
  }

  /**
   * What the same request leads to with a new document, and with one that is known from another request; and what
   * answered it then.
   */
  async run(each: Case): Promise<{ cold: Effects; warm: Effects; path: string }> {
    this.#runs += 1;
    if (this.#runs === 1 || (each.answer.status ?? 500) >= 500) await this.#succeed();
    // Documents that were not sent before, whatever was drawn.
    const withQuery = (mark: string): Case => ({
      ...each,
      operation: { ...each.operation, query: `# ${this.#runs} ${mark}\n${each.operation.query}` },
    });
    this.#upstream.handle((response, { url, body }) => answer(response, each.answer, url, body));
    const cold = await this.#send(withQuery('new'));
    const { operation, ...known } = withQuery('old');
    const { variables, headers } = each.learntFrom;
    await this.#send({ ...known, operation: { ...operation, variables }, headers });
    const before = this.#before;
    const warm = await this.#send({ ...known, operation });
    return { cold, warm, path: pathIn(deltas(before, this.#before, /prepared_operations_total$/)) };
  }

  async #send({ operation, extensions, headers }: Case): Promise<Effects> {
    const { log } = this.#gateway;
    this.#upstream.requests.length = 0;
    log.length = 0;
    const response = await post(
      this.#gateway.url,
      { 'x-request-id': `run-${this.#runs}`, ...headers },
      JSON.stringify({ ...operation, extensions }),
    );
    await this.#gateway.flushed();
    const hash = createHash('sha256').update(operation.query).digest('hex');
    const lines = log
      .filter((line) => !line.includes('"flush-'))
      .map((line) => withoutTimes(line.replace(hash, 'the hash of the document')));
    const before = this.#before;
    this.#before = await this.#scrape();
    return {
      ...response,
      // Entities are fetched in parallel, on several connections.
      upstream: this.#upstream.requests.map((request) => JSON.stringify(request)).sort(),
      // The gateway logs unknown values only once, and sums up refusals once a minute.
      log: lines.filter((line) => !/unknown value or field|more authentication failures/.test(line)),
      metrics: deltas(before, this.#before, counters),
    };
  }

  #scrape(): Promise<Sample[]> {
    return scrape(this.#metricsUrl);
  }

  get #metricsUrl(): string {
    this.#url ??= metricsUrl(this.#gateway);
    return this.#url;
  }
  #url: string | undefined;

  /** Makes successful creations, so that the few that fail do not open the circuit breaker. Reads do not count. */
  async #succeed(): Promise<void> {
    this.#upstream.handle((response, { url, body }) =>
      answer(response, { status: 200, body: good }, url, body),
    );
    for (let count = 0; count < 16; count += 1) {
      const { body } = await post(this.#gateway.url, {}, create);
      if (!JSON.stringify(body).includes('ceval_new'))
        throw new Error(`not created: ${JSON.stringify(body)}`);
    }
    await this.#gateway.flushed();
    this.#before = await this.#scrape();
  }
}

const good = {
  object: 'radar.customer_evaluation',
  livemode: false,
  created_at: 1_715_769_600,
  signals: null,
};
const create = JSON.stringify({
  query: `mutation {
    createCustomerEvaluation(
      input: { eventType: LOGIN, evaluationContext: [{ customerDetails: { customer: "cus_1" } }] }
    ) { customerEvaluation { id } }
  }`,
});

/** Unless the response says otherwise, its id is the requested one, and its event type that of the request. */
function answer(response: ServerResponse, { status, body }: UpstreamAnswer, url: string, sent: string): void {
  if (status === undefined) {
    response.destroy();
    return;
  }
  const id = /customer_evaluations\/(\w+)/.exec(url)?.[1] ?? 'ceval_new';
  const eventType = /event_type=(\w+)/.exec(sent)?.[1] ?? 'login';
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  const whole = isObject && status === 200 ? { id, event_type: eventType, ...body } : body;
  response
    // Otherwise a request without a response would have another attempt, but only over a kept connection.
    .writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_1', connection: 'close' })
    .end(JSON.stringify(whole));
}

/** Without fetch, so that `Accept` is only sent if the case has one. */
async function post(
  url: string,
  headers: Record<string, string>,
  body: string,
): Promise<Pick<Effects, 'status' | 'headers' | 'body'>> {
  const request = httpRequest(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-router-secret': secret, ...headers },
  });
  request.end(body);
  const [response] = await once(request, 'response');
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  const { date: _, ...rest } = response.headers;
  return { status: response.statusCode, headers: rest, body: text };
}

function withoutTimes(line: string): string {
  const { time: _, durationMs: __, upstreamMs: ___, reusedConnection: ____, ...rest } = JSON.parse(line);
  return JSON.stringify(rest);
}

// The buckets of scores depend on the responses; those of durations on the time they took.
const counters = /^customer_evaluations_(?!prepared_operations)(\w+_(total|count)|signal_score_\w+)$/;

function deltas(before: readonly Sample[], after: readonly Sample[], names: RegExp): Record<string, number> {
  const keyOf = ({ name, labels }: Sample): string => `${name} ${JSON.stringify(labels)}`;
  const old = new Map(before.map((sample) => [keyOf(sample), sample.value]));
  const changed: Record<string, number> = {};
  for (const sample of after) {
    if (!names.test(sample.name)) continue;
    const delta = sample.value - (old.get(keyOf(sample)) ?? 0);
    if (delta !== 0) changed[keyOf(sample)] = delta;
  }
  return changed;
}

/** What answered the request; `none` if it was refused before GraphQL. */
function pathIn(counts: Readonly<Record<string, number>>): string {
  return /"path":"(\w+)"/.exec(Object.keys(counts).join())?.[1] ?? 'none';
}

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client';
import { faults, type Outcome } from './outcomes.ts';

/** What the metrics read when they are scraped. */
export interface MetricSources {
  upstream(): {
    readonly inFlight: number;
    readonly limit: number;
    readonly waiting: number;
    readonly breaker: 'closed' | 'half_open' | 'open';
    readonly retriesLeft: number;
    readonly accounts: number;
    readonly accountsDown: number;
  };
  /** How often each kind of drift was seen. */
  drift(): ReadonlyMap<string, number>;
  /** Undefined where no key set is used. */
  keySet(): 'up' | 'down' | undefined;
  /** Undefined where no counters are shared. */
  sharedCounters(): 'up' | 'down' | undefined;
  droppedLogLines(): number;
}

/** What is the same as long as the process runs. */
export interface Build {
  readonly version: string;
  readonly upstream: string;
  readonly upstreamVersion: string;
  /** The Stripe accounts that are named in metrics; undefined where none are. */
  readonly accounts: readonly string[] | undefined;
}

/** A signal of an evaluation that was made. */
export interface ObservedSignal {
  readonly score: number | null;
  readonly riskLevel: string | null;
}

const prefix = 'customer_evaluations_';

/** Around what an upstream takes, 0.3 s as a rule, and up to the usual deadline. */
const durationBuckets = [0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.9, 1.5, 3, 5, 8, 12];
const scoreBuckets = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100];

const operationPaths = ['plan', 'replay', 'apollo'] as const;
/** What answered an operation. */
export type OperationPath = (typeof operationPaths)[number];

const breakerStates = ['closed', 'half_open', 'open'] as const;

/** Statuses that the upstream is known to answer; others are counted by their class. */
const knownStatuses: ReadonlySet<number> = new Set([
  200, 400, 401, 402, 403, 404, 409, 424, 429, 500, 502, 503, 504,
]);

/**
 * Everything that can be scraped, in a registry of its own. Prometheus' client looks every label up at each observation, so
 * the children of what is observed on the way of a mutation are kept; the rest is read only when it is scraped.
 *
 * Every label's values are bounded by this code, not by what is sent: `docs/telemetry.md` has the table.
 */
export class Metrics {
  readonly registry = new Registry();
  #sources: MetricSources | undefined;
  #requestsInFlight = 0;

  readonly #operationDuration = this.#histogram(
    'operation_duration_seconds',
    'Time from a GraphQL request’s first byte to its response, by root field, outcome and fault.',
    ['operation', 'outcome', 'fault'],
    durationBuckets,
  );
  readonly #attemptDuration = this.#histogram(
    'upstream_attempt_duration_seconds',
    'Duration of one upstream attempt, response body included, by result: a status, or the reason why there is none.',
    ['call', 'result'],
    durationBuckets,
  );
  readonly #preparedOperations = this.#counter(
    'prepared_operations_total',
    'Operations by what answered them: a plan (`plan`), Apollo Server with what a plan had begun (`replay`), or Apollo Server alone (`apollo`).',
    ['path'],
  );
  readonly #retries = this.#counter(
    'upstream_retries_total',
    'Retries: attempts after the first of a call.',
    ['call'],
  );
  readonly #breakerRefusals = this.#counter(
    'upstream_breaker_refusals_total',
    'Attempts rejected by the open circuit breaker.',
    [],
  );
  readonly #breakerOpenings = this.#counter(
    'upstream_breaker_openings_total',
    'How often the circuit breaker opened, even between two scrapes.',
    [],
  );
  readonly #httpRequests = this.#counter(
    'http_requests_total',
    'Requests by route, method and response status; `closed` if the client disconnected first.',
    ['route', 'method', 'status'],
  );
  readonly #rateLimited = this.#counter(
    'rate_limited_total',
    'Requests rejected by the rate limit of their caller or address.',
    [],
  );
  readonly #shed = this.#counter(
    'shed_total',
    'Requests rejected by load shedding: before GraphQL (`http`) or at the limit of upstream calls (`upstream`).',
    ['stage'],
  );
  readonly #responsesCutOff = this.#counter(
    'responses_cut_off_total',
    'Responses cut off because the client did not read them within RESPONSE_TIMEOUT_MS (`timeout`), or while others needed the memory (`memory`).',
    ['reason'],
  );
  readonly #signalScore = this.#histogram(
    'signal_score',
    'Scores of created evaluations, from 0 to 100.',
    ['event_type', 'signal'],
    scoreBuckets,
  );
  readonly #riskLevels = this.#counter(
    'signal_risk_levels_total',
    'Risk levels of created evaluations; `NONE` if Stripe gives no level; the signal `none` if it gives no signal.',
    ['event_type', 'signal', 'risk_level'],
  );
  readonly #namedAccounts: ReadonlySet<string> | undefined;
  readonly #accountAttempts = this.#counter(
    'account_attempts_total',
    'Attempts by Stripe account, of those that METRICS_ACCOUNTS names; all others are `other`.',
    ['account', 'result'],
  );
  readonly #signalWaits = this.#counter(
    'signal_waits_total',
    'Waits for signals that Stripe’s v2 API was still computing: all came (`complete`), SIGNALS_WAIT_MS or the deadline ended it (`pending`), or the client had gone (`abandoned`).',
    ['end'],
  );
  readonly #traceSpans = this.#counter('trace_spans_total', 'Spans exported to the collector, by result.', [
    'result',
  ]);

  constructor(build: Build) {
    this.#namedAccounts = build.accounts && new Set(build.accounts);
    this.#readOnScrape();
    const info = this.#gauge('build_info', 'Always 1; the labels say what is running.', [
      'version',
      'node_version',
      'upstream',
      'upstream_version',
    ]);
    info.set(
      {
        version: build.version,
        node_version: process.versions.node,
        upstream: build.upstream,
        upstream_version: build.upstreamVersion,
      },
      1,
    );
    for (const reason of ['timeout', 'memory']) this.#responsesCutOff.inc({ reason }, 0);
    for (const end of ['complete', 'pending', 'abandoned']) this.#signalWaits.inc({ end }, 0);
    for (const stage of ['http', 'upstream']) this.#shed.inc({ stage }, 0);
    for (const path of operationPaths) this.#preparedOperations.inc({ path }, 0);
    for (const call of ['create', 'report', 'retrieve']) this.#retries.inc({ call }, 0);
    collectDefaultMetrics({ register: this.registry });
  }

  /** Where the metrics that are read at scrape get their values from. */
  readFrom(sources: MetricSources): void {
    this.#sources = sources;
  }

  operationEnded(operation: string, outcome: Outcome, seconds: number): void {
    this.#operationDuration.observe({ operation, outcome, fault: faults[outcome] }, seconds);
    if (outcome === 'RATE_LIMITED') this.#rateLimited.inc();
    if (outcome === 'OVERLOADED') this.#shed.inc({ stage: operation === 'none' ? 'http' : 'upstream' });
  }

  attemptEnded(
    call: string,
    end: { status: number | undefined; error: string | undefined },
    seconds: number,
    account: string | undefined,
  ): void {
    const result = resultOf(end.status, end.error);
    if (account !== undefined && this.#namedAccounts !== undefined) {
      const named = this.#namedAccounts.has(account) ? account : 'other';
      this.#accountAttempts.inc({ account: named, result });
    }
    if (result === 'breaker_open') {
      this.#breakerRefusals.inc();
      return;
    }
    this.#attemptDuration.observe({ call, result }, seconds);
  }

  operationRan(path: OperationPath): void {
    this.#preparedOperations.inc({ path });
  }

  retryStarted(call: string): void {
    this.#retries.inc({ call });
  }

  breakerOpened(): void {
    this.#breakerOpenings.inc();
  }

  responseCutOff(reason: 'timeout' | 'memory'): void {
    this.#responsesCutOff.inc({ reason });
  }

  requestStarted(): void {
    this.#requestsInFlight += 1;
  }

  requestEnded(route: string, method: string, status: number | 'closed'): void {
    this.#requestsInFlight -= 1;
    this.#httpRequests.inc({ route, method: knownMethods.has(method) ? method : 'other', status });
  }

  /** The signals of an evaluation that was made, by name; none where the upstream sent none. */
  evaluated(eventType: string, signals: Readonly<Record<string, ObservedSignal | null>>): void {
    let any = false;
    for (const [signal, observed] of Object.entries(signals)) {
      if (observed === null) continue;
      any = true;
      if (observed.score !== null)
        this.#signalScore.observe({ event_type: eventType, signal }, observed.score);
      this.#riskLevels.inc({ event_type: eventType, signal, risk_level: observed.riskLevel ?? 'NONE' });
    }
    if (!any) this.#riskLevels.inc({ event_type: eventType, signal: 'none', risk_level: 'NONE' });
  }

  /** A wait for the signals of an evaluation ended. */
  signalWaitEnded(end: 'complete' | 'pending' | 'abandoned'): void {
    this.#signalWaits.inc({ end });
  }

  spansExported(result: 'exported' | 'failed', spans: number): void {
    this.#traceSpans.inc({ result }, spans);
  }

  #readOnScrape(): void {
    const upstream = (
      name: string,
      help: string,
      read: (load: ReturnType<MetricSources['upstream']>) => number,
    ) => this.#gauge(name, help, [], (gauge, sources) => gauge.set(read(sources.upstream())));
    upstream('upstream_calls_in_flight', 'Upstream calls in flight.', (load) => load.inFlight);
    upstream('upstream_calls_limit', 'The maximum upstream calls in flight.', (load) => load.limit);
    upstream('upstream_calls_waiting', 'Upstream calls waiting for a free slot.', (load) => load.waiting);
    upstream('stripe_accounts', 'Stripe accounts that calls were made for lately.', (load) => load.accounts);
    upstream(
      'stripe_accounts_down',
      'Of those, the ones whose circuit breaker is open.',
      (load) => load.accountsDown,
    );
    upstream('upstream_retries_left', 'Retries that the retry budget allows now.', (load) =>
      Math.floor(load.retriesLeft),
    );
    this.#gauge(
      'upstream_breaker_state',
      '1 for the state that the breaker is in, 0 for the others.',
      ['state'],
      (gauge, sources) => {
        const { breaker } = sources.upstream();
        for (const state of breakerStates) gauge.set({ state }, state === breaker ? 1 : 0);
      },
    );
    this.#gauge(
      'key_set_up',
      'Whether the last fetch of JWT_JWKS_URL succeeded; only with AUTH_MODE=jwt.',
      [],
      (gauge, sources) => setState(gauge, sources.keySet()),
    );
    this.#gauge(
      'shared_counters_up',
      'Whether the shared counters in Redis are available; only with REDIS_URL.',
      [],
      (gauge, sources) => setState(gauge, sources.sharedCounters()),
    );
    this.#gauge('http_requests_in_flight', 'Requests in flight.', [], (gauge) =>
      gauge.set(this.#requestsInFlight),
    );
    this.#countOnScrape(
      'contract_drift_total',
      'Unknown values and fields in upstream responses, by kind.',
      ['kind'],
      (counter, sources) => {
        for (const [kind, count] of sources.drift()) counter.inc({ kind }, count);
      },
    );
    this.#countOnScrape(
      'log_lines_dropped_total',
      'Log lines dropped because the reader of the log was too slow.',
      [],
      (counter, sources) => counter.inc(sources.droppedLogLines()),
    );
  }

  #histogram<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    buckets: number[],
  ): Histogram<Label> {
    return new Histogram({ name: prefix + name, help, labelNames, buckets, registers: [this.registry] });
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name: prefix + name, help, labelNames, registers: [this.registry] });
  }

  #gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    read?: (gauge: Gauge<Label>, sources: MetricSources) => void,
  ): Gauge<Label> {
    const gauge: Gauge<Label> = new Gauge({
      name: prefix + name,
      help,
      labelNames,
      registers: [this.registry],
      collect: () => {
        if (this.#sources !== undefined) read?.(gauge, this.#sources);
      },
    });
    return gauge;
  }

  // A count that is kept elsewhere: read anew at each scrape.
  #countOnScrape<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    read: (counter: Counter<Label>, sources: MetricSources) => void,
  ): void {
    const counter: Counter<Label> = new Counter({
      name: prefix + name,
      help,
      labelNames,
      registers: [this.registry],
      collect: () => {
        counter.reset();
        if (this.#sources !== undefined) read(counter, this.#sources);
      },
    });
  }
}

const knownMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'OPTIONS']);

function setState(gauge: Gauge, state: 'up' | 'down' | undefined): void {
  if (state === undefined) gauge.remove();
  else gauge.set(state === 'up' ? 1 : 0);
}

// What the upstream answers, and what Node, undici and OpenSSL call their errors, is theirs: it is put in few classes.
function resultOf(status: number | undefined, error: string | undefined): string {
  if (status !== undefined) {
    return knownStatuses.has(status) ? String(status) : `${Math.floor(status / 100)}xx`;
  }
  if (error === undefined) return 'other';
  if (error === 'BREAKER_OPEN') return 'breaker_open';
  if (error === 'AbortError') return 'timeout';
  if (/^(UND_ERR_CONNECT|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH)/.test(error)) return 'no_connection';
  if (/^(ENOTFOUND|EAI_)/.test(error)) return 'no_name';
  if (/^(UND_ERR_SOCKET|ECONNRESET|EPIPE)$/.test(error)) return 'reset';
  if (/CERT|TLS|SSL/.test(error)) return 'tls';
  return /^HPE_|^HTTPParserError$|^UND_ERR_(RES_EXCEEDED|HEADERS_OVERFLOW)/.test(error)
    ? 'unreadable'
    : 'other';
}

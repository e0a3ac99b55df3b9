import { attemptResult } from './attempt-result.ts';
import { MetricRegistry } from './metric-registry.ts';
import { collectNodeMetrics } from './node-metrics.ts';
import { faults, type Outcome } from './outcomes.ts';
import { type MetricSources, registerScrapedMetrics } from './scraped-metrics.ts';
import { SignalMetrics } from './signal-metrics.ts';

/** What stays the same while the process runs. */
export interface Build {
  readonly version: string;
  readonly upstream: string;
  readonly upstreamVersion: string;
  /** The Stripe accounts that metrics name; undefined if none. */
  readonly accounts: readonly string[] | undefined;
}

/** In seconds: fine around Stripe's usual 0.3 s, and up to more than the default deadline of 8 s. */
const durationBuckets = [0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.9, 1.5, 3, 5, 8, 12];

const operationPaths = ['plan', 'replay', 'apollo'] as const;
/** What ran an operation. */
export type OperationPath = (typeof operationPaths)[number];

/**
 * All metrics, in their own registry. This code limits the values of every label, whatever clients send:
 * `docs/telemetry.md` has the table.
 */
export class Metrics {
  readonly registry = new MetricRegistry();
  readonly signals = new SignalMetrics(this.registry);
  #sources: MetricSources | undefined;
  #requestsInFlight = 0;

  readonly #operationDuration = this.registry.histogram(
    'operation_duration_seconds',
    'Time from a GraphQL request’s first byte to its response, by root field, outcome and fault.',
    ['operation', 'outcome', 'fault'],
    durationBuckets,
  );
  readonly #attemptDuration = this.registry.histogram(
    'upstream_attempt_duration_seconds',
    'Duration of one upstream attempt, response body included, by result: a status, or the reason why there is none.',
    ['call', 'result'],
    durationBuckets,
  );
  readonly #preparedOperations = this.registry.counter(
    'prepared_operations_total',
    'Operations by what executed them: a plan (`plan`), Apollo Server after a plan bailed out (`replay`), or Apollo Server alone (`apollo`).',
    ['path'],
  );
  readonly #retries = this.registry.counter(
    'upstream_retries_total',
    'Retries: attempts after the first of a call.',
    ['call'],
  );
  readonly #breakerRefusals = this.registry.counter(
    'upstream_breaker_refusals_total',
    'Attempts rejected by the open circuit breaker.',
    [],
  );
  readonly #breakerOpenings = this.registry.counter(
    'upstream_breaker_openings_total',
    'How often the circuit breaker opened, even between two scrapes.',
    [],
  );
  readonly #httpRequests = this.registry.counter(
    'http_requests_total',
    'Requests by route, method and response status; `closed` if the client disconnected first.',
    ['route', 'method', 'status'],
  );
  readonly #rateLimited = this.registry.counter(
    'rate_limited_total',
    'Requests rejected by the rate limit of their caller or address.',
    [],
  );
  readonly #shed = this.registry.counter(
    'shed_total',
    'Requests rejected by load shedding: before GraphQL (`http`) or at the limit of upstream calls (`upstream`).',
    ['stage'],
  );
  readonly #responsesCutOff = this.registry.counter(
    'responses_cut_off_total',
    'Responses cut off, by reason: the client did not read them within RESPONSE_TIMEOUT_MS (`timeout`) or while others needed the memory (`memory`), or it sent over 32 requests at once on one connection (`pipelining`).',
    ['reason'],
  );
  readonly #namedAccounts: ReadonlySet<string> | undefined;
  readonly #accountAttempts = this.registry.counter(
    'account_attempts_total',
    'Attempts by Stripe account, of those that METRICS_ACCOUNTS names; all others are `other`.',
    ['account', 'result'],
  );
  readonly #traceSpans = this.registry.counter(
    'trace_spans_total',
    'Spans exported to the collector, by result.',
    ['result'],
  );

  constructor({ accounts, version, upstream, upstreamVersion }: Build) {
    this.#namedAccounts = accounts && new Set(accounts);
    registerScrapedMetrics(this.registry, () => this.#sources);
    this.registry.gaugeOnScrape('http_requests_in_flight', 'Requests in flight.', [], (gauge) =>
      gauge.set(this.#requestsInFlight),
    );
    const build = {
      version,
      node_version: process.versions.node,
      upstream,
      upstream_version: upstreamVersion,
    };
    const info = 'Always 1; the labels say what is running.';
    this.registry.gauge('build_info', info, Object.keys(build)).set(build, 1);
    for (const reason of ['timeout', 'memory', 'pipelining']) this.#responsesCutOff.inc({ reason }, 0);
    for (const stage of ['http', 'upstream']) this.#shed.inc({ stage }, 0);
    for (const path of operationPaths) this.#preparedOperations.inc({ path }, 0);
    collectNodeMetrics(this.registry);
  }

  /** Sets the sources of the metrics that are read at scrape. */
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
    const result = attemptResult(end.status, end.error);
    if (account !== undefined && this.#namedAccounts !== undefined) {
      const named = this.#namedAccounts.has(account) ? account : 'other';
      this.#accountAttempts.inc({ account: named, result });
    }
    if (result === 'breaker_open') this.#breakerRefusals.inc();
    else this.#attemptDuration.observe({ call, result }, seconds);
  }

  operationRan(path: OperationPath): void {
    this.#preparedOperations.inc({ path });
  }

  /** Starts the retry counter of each call at 0, so that it exists before the first retry. */
  startRetryCountersOf(calls: readonly string[]): void {
    for (const call of calls) this.#retries.inc({ call }, 0);
  }

  retryStarted(call: string): void {
    this.#retries.inc({ call });
  }

  breakerOpened(): void {
    this.#breakerOpenings.inc();
  }

  responseCutOff(reason: 'timeout' | 'memory' | 'pipelining'): void {
    this.#responsesCutOff.inc({ reason });
  }

  requestStarted(): void {
    this.#requestsInFlight += 1;
  }

  requestEnded(route: string, method: string, status: number | 'closed'): void {
    this.#requestsInFlight -= 1;
    this.#httpRequests.inc({ route, method: knownMethods.has(method) ? method : 'other', status });
  }

  spansExported(result: 'exported' | 'failed', spans: number): void {
    this.#traceSpans.inc({ result }, spans);
  }
}

const knownMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'OPTIONS']);

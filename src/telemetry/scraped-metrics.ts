import type { Gauge } from '@prometheus-io/client';
import type { MetricRegistry } from './metric-registry.ts';

/** What the metrics read when they are scraped. */
export interface MetricSources {
  /** Requests in the admission queue. */
  requestsWaiting(): number;
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
  /** Undefined if no key set is used. */
  keySet(): 'up' | 'down' | undefined;
  /** Undefined if no counters are shared. */
  sharedCounters(): 'up' | 'down' | undefined;
  droppedLogLines(): number;
}

const breakerStates = ['closed', 'half_open', 'open'] as const;

/** The metrics that are read at each scrape. `sources` returns undefined until the gateway is assembled. */
export function registerScrapedMetrics(
  registry: MetricRegistry,
  sources: () => MetricSources | undefined,
): void {
  registry.gaugeOnScrape(
    'http_requests_waiting',
    'Requests that wait in the admission queue, before any work is done for them.',
    [],
    (gauge) => gauge.set(sources()?.requestsWaiting() ?? 0),
  );
  type Load = ReturnType<MetricSources['upstream']>;
  const upstream = (name: string, help: string, read: (load: Load) => number): void =>
    registry.gaugeOnScrape(name, help, [], (gauge) => {
      const load = sources()?.upstream();
      if (load !== undefined) gauge.set(read(load));
    });
  upstream('upstream_calls_in_flight', 'Upstream calls in flight.', (load) => load.inFlight);
  upstream('upstream_calls_limit', 'The maximum upstream calls in flight.', (load) => load.limit);
  upstream(
    'upstream_calls_waiting',
    'Upstream calls that wait for a free slot or for the rate limit.',
    (load) => load.waiting,
  );
  upstream('stripe_accounts', 'Stripe accounts with recent calls.', (load) => load.accounts);
  upstream(
    'stripe_accounts_down',
    'Stripe accounts with recent calls whose circuit breaker is open.',
    (load) => load.accountsDown,
  );
  upstream('upstream_retries_left', 'Retries that the retry budget allows now.', (load) =>
    Math.floor(load.retriesLeft),
  );
  registry.gaugeOnScrape(
    'upstream_breaker_state',
    '1 for the state that the breaker is in, 0 for the others.',
    ['state'],
    (gauge) => {
      const breaker = sources()?.upstream().breaker;
      if (breaker === undefined) return;
      for (const state of breakerStates) gauge.set({ state }, state === breaker ? 1 : 0);
    },
  );
  registry.gaugeOnScrape(
    'key_set_up',
    'Whether the last fetch of JWT_JWKS_URL succeeded; only with AUTH_MODE=jwt.',
    [],
    (gauge) => setState(gauge, sources()?.keySet()),
  );
  registry.gaugeOnScrape(
    'shared_counters_up',
    'Whether the shared counters in Redis are available; only with REDIS_URL.',
    [],
    (gauge) => setState(gauge, sources()?.sharedCounters()),
  );
  registry.counterOnScrape(
    'contract_drift_total',
    'Unknown values and fields in upstream responses, by kind.',
    ['kind'],
    (counter) => {
      for (const [kind, count] of sources()?.drift() ?? []) counter.inc({ kind }, count);
    },
  );
  registry.counterOnScrape(
    'log_lines_dropped_total',
    'Log lines dropped because the reader of the log was too slow, or the disk was full.',
    [],
    (counter) => counter.inc(sources()?.droppedLogLines() ?? 0),
  );
}

function setState(gauge: Gauge, state: 'up' | 'down' | undefined): void {
  if (state === undefined) gauge.remove();
  else gauge.set(state === 'up' ? 1 : 0);
}

import type { Counter, Histogram } from '@prometheus-io/client';
import type { MetricRegistry } from './metric-registry.ts';

/** A signal of a created evaluation. */
export interface ObservedSignal {
  readonly score: number | null;
  readonly riskLevel: string | null;
}

const scoreBuckets = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100];

/** The metrics of what evaluations find, and of how long they take to find it. */
export class SignalMetrics {
  readonly #scores: Histogram<'event_type' | 'signal'>;
  readonly #riskLevels: Counter<'event_type' | 'signal' | 'risk_level'>;
  readonly #waits: Counter<'end'>;

  constructor(registry: MetricRegistry) {
    this.#scores = registry.histogram(
      'signal_score',
      'Scores of created evaluations, from 0 to 100. Each is counted at most once, whatever is repeated under its idempotency key.',
      ['event_type', 'signal'],
      scoreBuckets,
    );
    this.#riskLevels = registry.counter(
      'signal_risk_levels_total',
      'Risk levels of created evaluations, each evaluation counted once. `risk_level` is `NONE` if Stripe gave no level; `signal` is `none` if it gave no signal, and `pending` if it was still computing the signals when the gateway answered.',
      ['event_type', 'signal', 'risk_level'],
    );
    this.#waits = registry.counter(
      'signal_waits_total',
      'Waits for signals that Stripe’s v2 API was still computing, by how they ended: all signals arrived (`complete`), SIGNALS_WAIT_MS or the deadline passed (`pending`), or the client disconnected (`abandoned`).',
      ['end'],
    );
    for (const end of ['complete', 'pending', 'abandoned']) this.#waits.inc({ end }, 0);
  }

  /** The signals of a created evaluation, by name; null if the upstream did not send one. */
  evaluated(
    eventType: string,
    signals: Readonly<Record<string, ObservedSignal | null>>,
    arePending: boolean,
  ): void {
    let any = false;
    for (const [signal, observed] of Object.entries(signals)) {
      if (observed === null) continue;
      any = true;
      if (observed.score !== null) this.#scores.observe({ event_type: eventType, signal }, observed.score);
      this.#riskLevels.inc({ event_type: eventType, signal, risk_level: observed.riskLevel ?? 'NONE' });
    }
    if (any) return;
    const signal = arePending ? 'pending' : 'none';
    this.#riskLevels.inc({ event_type: eventType, signal, risk_level: 'NONE' });
  }

  /** A wait for the signals of an evaluation ended. */
  waitEnded(end: 'complete' | 'pending' | 'abandoned'): void {
    this.#waits.inc({ end });
  }
}

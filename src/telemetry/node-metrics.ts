import { createHistogram, type Histogram, type RecordableHistogram } from 'node:perf_hooks';
import { collectDefaultMetrics, Gauge, type Registry } from '@prometheus-io/client';

interface Statistic {
  readonly meaning: string;
  readonly valueIn: (delays: Histogram) => number;
}

/** Each sample wakes an idle process. Delays that callers notice are longer than this. */
const sampleEveryMs = 100;
/** The longest interval of a timer, 25 days: the client library's own monitor cannot be switched off. */
const neverMs = 2 ** 31 - 1;

/**
 * Collects the client library's default metrics, but samples the event loop's delay itself. The library wakes the
 * process a hundred times a second, which costs half a percent of a core; counts its sampling interval as delay; and
 * misses a delay that begins within an interval after a scrape (Node's histogram forgets the last sample on `reset`).
 */
export function collectNodeMetrics(register: Registry): void {
  collectDefaultMetrics({
    register,
    eventLoopMonitoringPrecision: neverMs,
    // A tenth of the default: each sample is entered into five digests.
    eventLoopUtilizationTimeout: 1_000,
  });
  const delays = delaysOfEventLoop();
  const gauges: (Statistic & { readonly gauge: Gauge })[] = [];
  const collect = (): void => {
    // The next gauge of the same scrape, or a scrape before the next sample.
    if (delays.count === 0) return;
    for (const { gauge, valueIn } of gauges) gauge.set(valueIn(delays) / 1e9);
    delays.reset();
  };
  for (const [statistic, { meaning, valueIn }] of Object.entries(statistics)) {
    const name = `nodejs_eventloop_lag_${statistic}_seconds`;
    register.removeSingleMetric(name);
    const help = `${meaning} event loop delay since the last scrape, in seconds.`;
    gauges.push({ meaning, valueIn, gauge: new Gauge({ name, help, registers: [register], collect }) });
  }
}

/** In nanoseconds. */
function delaysOfEventLoop(): RecordableHistogram {
  const delays = createHistogram();
  let due = performance.now() + sampleEveryMs;
  setInterval(() => {
    const now = performance.now();
    // Nothing below one nanosecond can be recorded.
    delays.record(Math.max(1, Math.round((now - due) * 1e6)));
    due = now + sampleEveryMs;
  }, sampleEveryMs).unref();
  return delays;
}

// The library's names, which dashboards and alerts know.
const statistics: Readonly<Record<string, Statistic>> = {
  min: { meaning: 'Minimum', valueIn: ({ min }) => min },
  max: { meaning: 'Maximum', valueIn: ({ max }) => max },
  mean: { meaning: 'Mean', valueIn: ({ mean }) => mean },
  stddev: { meaning: 'Standard deviation of the', valueIn: ({ stddev }) => stddev },
  p50: percentile(50),
  p90: percentile(90),
  p99: percentile(99),
};

function percentile(percent: number): Statistic {
  return { meaning: `${percent}th percentile of the`, valueIn: (delays) => delays.percentile(percent) };
}

import type { Metrics } from '../telemetry/metrics.ts';
import type { EvaluationApi } from './evaluation-api.ts';

/** What the feature works with, the same for all requests. */
export interface CustomerEvaluationDependencies {
  readonly api: EvaluationApi;
  /** Undefined where nothing is scraped. */
  readonly metrics: Metrics | undefined;
}

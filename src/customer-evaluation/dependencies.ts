import type { Metrics } from '../telemetry/metrics.ts';
import type { EvaluationApi } from './evaluation-api.ts';

/** The feature's dependencies, shared by all requests. */
export interface CustomerEvaluationDependencies {
  readonly api: EvaluationApi;
  /** Undefined if metrics are off. */
  readonly metrics: Metrics | undefined;
}

import type { CustomerEvaluations } from '../stripe/customer-evaluations.ts';
import type { VersionCapabilities } from '../stripe/versions.ts';
import type { ContractDrift } from '../telemetry/contract-drift.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** What the feature works with, the same for all requests. */
export interface CustomerEvaluationDependencies {
  readonly stripe: CustomerEvaluations;
  readonly capabilities: VersionCapabilities;
  readonly drift: ContractDrift;
  /** Undefined where nothing is scraped. */
  readonly metrics: Metrics | undefined;
}

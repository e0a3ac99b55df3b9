import type { StripeClient } from '../stripe/http/stripe-client.ts';
import type { VersionCapabilities } from '../stripe/versions.ts';
import type { ContractDrift } from '../telemetry/contract-drift.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** What the feature works with, the same for all requests. */
export interface CustomerEvaluationDependencies {
  readonly stripe: StripeClient;
  readonly capabilities: VersionCapabilities;
  readonly drift: ContractDrift;
  /** Undefined where nothing is scraped. */
  readonly metrics: Metrics | undefined;
  /** All attempts of one call, waits included. */
  readonly deadlineMs: number;
}

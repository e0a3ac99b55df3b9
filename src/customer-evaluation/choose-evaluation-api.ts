import { AccountEvaluations } from '../stripe/account-evaluations.ts';
import { CustomerEvaluations } from '../stripe/customer-evaluations.ts';
import type { StripeClient } from '../stripe/http/stripe-client.ts';
import { activitiesPathOf, capabilitiesOf, type StripeApi } from '../stripe/versions.ts';
import type { ContractDrift } from '../telemetry/contract-drift.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { EvaluationApi } from './evaluation-api.ts';
import { CustomerEvaluationsApi } from './v1/customer-evaluations-api.ts';
import { AccountEvaluationsApi } from './v2/account-evaluations-api.ts';
import type { SignalWaitSettings } from './v2/signal-waiter.ts';

export interface EvaluationApiSettings {
  readonly stripeApi: StripeApi;
  readonly stripe: { readonly apiVersion: string };
  /** Whether the key is a live one, for responses without `livemode`. */
  readonly mode: 'sandbox' | 'test' | 'live';
  readonly signalWait: SignalWaitSettings;
}

/** The Stripe API that the settings choose, behind the graph's interface. */
export function evaluationApiOf(
  { stripeApi, stripe: { apiVersion }, mode, signalWait }: EvaluationApiSettings,
  client: StripeClient,
  drift: ContractDrift,
  metrics: Metrics | undefined,
): EvaluationApi {
  const startRetryCountersOf = ({ operations }: CustomerEvaluations | AccountEvaluations): void =>
    metrics?.startRetryCountersOf(Object.values(operations).map(({ name }) => name));
  if (stripeApi === 'v1') {
    const resource = new CustomerEvaluations(client);
    startRetryCountersOf(resource);
    return new CustomerEvaluationsApi(resource, capabilitiesOf(apiVersion), drift);
  }
  const resource = new AccountEvaluations(client, activitiesPathOf(apiVersion));
  startRetryCountersOf(resource);
  return new AccountEvaluationsApi(resource, { wait: signalWait, livemode: mode === 'live' }, drift, metrics);
}

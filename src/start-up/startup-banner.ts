import type { Config } from '../config/config.ts';
import { configSummary } from './config-summary.ts';

/** The startup banner for a terminal: the URLs, what is on, and a call that works. */
export function startupBanner(url: string, config: Config): string {
  const tryIt = config.explorer ? `Try it at ${url}/try, or here:` : 'Try it:';
  if (config.upstream === 'stripe') {
    return `The gateway: ${url}/graphql, in front of Stripe\n\n${configSummary(config, url)}\n`;
  }
  return `The gateway: ${url}/graphql

${configSummary(config, url)}
The upstream is the built-in sandbox, its scores are made up. ${tryIt}

curl ${url}/graphql -H 'content-type: application/json' -d '{"query":"${firstMutation}"}'

`;
}

// Within JSON, within a shell's single quotes.
const firstMutation =
  'mutation { createCustomerEvaluation(input: {eventType: REGISTRATION, evaluationContext: [{clientDetails: {radarSession: \\"rse_1\\"}}, {customerDetails: {customer: \\"cus_1\\"}}]}) { customerEvaluation { id signals { ... on RegistrationSignals { multiAccounting { score riskLevel } } } } errors { code message path } } }';

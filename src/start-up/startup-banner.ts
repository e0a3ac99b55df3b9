import { callerHeaders } from '../config/caller-headers.ts';
import type { Config } from '../config/config.ts';
import { configSummary } from './config-summary.ts';

/** The startup banner for a terminal: the URLs, a summary of the configuration, and a working call. */
export function startupBanner(url: string, config: Config): string {
  const tryIt = `${config.explorer ? `Try it at ${url}/try, or here` : 'Try it'}${needed(config)}:`;
  if (config.upstream === 'stripe') {
    return `The gateway: ${url}/graphql, in front of Stripe\n\n${configSummary(config, url)}\n`;
  }
  return `The gateway: ${url}/graphql

${configSummary(config, url)}
The upstream is the built-in sandbox: its scores are made up. ${tryIt}

${firstCall(url, config)}

`;
}

/**
 * A command that makes an evaluation in the sandbox. It is logged as well, so it holds no Radar Session, which the log
 * would redact.
 */
export function firstCall(url: string, config: Config): string {
  return `curl ${url}/graphql${credentials(config)} -H 'content-type: application/json' -d '{"query":"${firstMutation}"}'`;
}

/** What `credentials` takes from the shell. */
function needed({ authentication }: Config): string {
  switch (authentication.mode) {
    case 'none':
      return '';
    case 'jwt':
      return `, with a token of ${authentication.issuer} in TOKEN`;
    case 'router':
      return ', with the router’s secret in ROUTER_SECRET';
    default:
      return authentication satisfies never;
  }
}

const exampleOf: Readonly<Record<(typeof callerHeaders)[number], string>> = {
  'x-caller-subject': 'someone',
  'x-caller-issuer': 'https://issuer.example',
  'x-caller-scopes': 'evaluations:create evaluations:report evaluations:read evaluations:signals',
  'x-caller-customer': 'cus_1',
  'x-caller-account': 'acct_1',
};

function isNeeded(
  name: string,
  { requiredHeaders, namesAccounts }: Extract<Config['authentication'], { mode: 'router' }>,
): boolean {
  return requiredHeaders.includes(name) || (namesAccounts && name === 'x-caller-account');
}

// A secret is never printed.
function credentials({ authentication }: Config): string {
  switch (authentication.mode) {
    case 'none':
      return '';
    case 'jwt':
      return ' -H "authorization: Bearer $TOKEN"';
    case 'router':
      return [
        ' -H "x-router-secret: $ROUTER_SECRET"',
        ...callerHeaders
          .filter((name) => isNeeded(name, authentication))
          .map((name) => ` -H '${name}: ${exampleOf[name]}'`),
      ].join('');
    default:
      return authentication satisfies never;
  }
}

// Escaped for JSON within a shell's single quotes.
const firstMutation =
  'mutation { createCustomerEvaluation(input: {eventType: REGISTRATION, evaluationContext: [{customerDetails: {customer: \\"cus_1\\"}}]}) { customerEvaluation { id signals { ... on RegistrationSignals { multiAccounting { score riskLevel } } } } errors { code message path } } }';

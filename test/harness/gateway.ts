import { setTimeout as delay } from 'node:timers/promises';
import { readConfig } from '../../src/config.ts';
import { type Gateway, startGateway } from '../../src/gateway.ts';
import { createLog } from '../../src/telemetry/log.ts';

/** An answer to a GraphQL request, as a client reads it. */
export interface GraphQLAnswer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test knows the shape it asked for
  data: any;
  errors: { message: string; path?: unknown[]; extensions: Record<string, unknown> }[] | undefined;
}

export interface TestGateway extends Gateway {
  /** Every line logged so far. */
  readonly log: string[];
  send(query: string, variables?: object, headers?: Record<string, string>): Promise<GraphQLAnswer>;
}

// Tests call faster than people do, and from the process that is to answer them.
const unlimited = {
  RATE_LIMIT_PER_MINUTE: 'off',
  RATE_LIMIT_PER_ADDRESS_PER_MINUTE: 'off',
  MAX_EVENT_LOOP_DELAY_MS: '10000',
};

/** Starts the real gateway on a free port; `environment` is all the environment it sees. */
export async function startTestGateway(environment: Record<string, string> = {}): Promise<TestGateway> {
  const log: string[] = [];
  const config = readConfig({ PORT: '0', ...unlimited, ...environment });
  const gateway = await startGateway(config, createLog('trace', { write: (line) => log.push(line) }));
  const send: TestGateway['send'] = (query, variables, headers) =>
    postGraphQL(gateway.url, query, variables, headers);
  return { ...gateway, log, send };
}

/** Waits until it knows its callers: on a busy machine, the first fetch of a key set may run out of time. */
export async function untilReady({ url }: Gateway): Promise<void> {
  while (!(await fetch(`${url}/readyz`)).ok) await delay(50);
}

/** Sends an operation to the GraphQL server at `url`. */
export async function postGraphQL(
  url: string,
  query: string,
  variables?: object,
  headers: Record<string, string> = {},
): Promise<GraphQLAnswer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, ...JSON.parse(text) };
}

/** The environment of a gateway whose upstream is at `url`. */
export function upstreamAt(url: string, rest: Record<string, string> = {}): Record<string, string> {
  return { STRIPE_API_URL: url, STRIPE_SECRET_KEY: 'sk_test_canary0key', ...rest };
}

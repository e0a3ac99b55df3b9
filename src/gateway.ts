import 'reflect-metadata';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import type { Logger } from 'pino';
import { createAuthenticator } from './access/authentication.ts';
import { type Caller, type Pseudonymize, pseudonymizer } from './access/caller.ts';
import { noServiceRule, operationLimitsRule } from './access/operation-limits.ts';
import { RateLimits } from './access/rate-limits.ts';
import type { RedisRateLimitStore } from './access/redis-rate-limit-store.ts';
import { scopes } from './access/scopes.ts';
import { readTrustedDocuments, type TrustedDocuments } from './access/trusted-documents.ts';
import { type Config, ConfigError } from './config/config.ts';
import { packageInfo, userAgent } from './config/package-info.ts';
import { SecretFiles } from './config/secret-file-watcher.ts';
import { renewSecrets } from './config/secret-rotation.ts';
import type { Permissions } from './customer-evaluation/authorization.ts';
import { CustomerEvaluationResolver } from './customer-evaluation/customer-evaluation.resolver.ts';
import type { CustomerEvaluationDependencies } from './customer-evaluation/dependencies.ts';
import { type CallContext, createCallContext } from './customer-evaluation/graphql-context.ts';
import { errorsPlugin, presentError } from './errors/caller-facing.ts';
import type { Access } from './http/authentication-hook.ts';
import { admissionPlugin } from './http/cost-limit-plugin.ts';
import { Drain } from './http/drain.ts';
import { createHttpServer } from './http/server.ts';
import type { PagesOptions } from './pages/pages.ts';
import type { Sandbox } from './sandbox/sandbox.ts';
import { createOutgoingRequests, type OutgoingRequests } from './stripe/outgoing-requests.ts';
import { StripeClient } from './stripe/stripe-client.ts';
import { capabilitiesOf } from './stripe/versions.ts';
import { knownOperationTypesRule } from './subgraph/known-operation-types.ts';
import { buildSubgraph } from './subgraph/subgraph-schema.ts';
import { ContractDrift } from './telemetry/contract-drift.ts';
import type { LogOutput } from './telemetry/log-output.ts';
import { operationPlugin } from './telemetry/operation-plugin.ts';
import { recordRequests, recordUnrecorded } from './telemetry/request-hooks.ts';
import { Telemetry } from './telemetry/telemetry.ts';

/** A gateway that listens. */
export interface Gateway {
  /** Where it listens, e.g. `http://127.0.0.1:4000`. */
  readonly url: string;
  /** The sandbox, where that is the upstream. */
  readonly sandbox: Sandbox | undefined;
  /** Requests whose answer is not out yet. */
  readonly inFlight: () => number;
  /** Takes no new work, ends what is under way, then closes every connection. */
  close(): Promise<void>;
}

/**
 * Puts the rooms together and listens. Throws where the port cannot be had, or a file that the settings name.
 * `output` is where the log goes, if it counts what it drops.
 */
export async function startGateway(
  config: Config,
  log: Logger,
  output?: Pick<LogOutput, 'dropped'>,
): Promise<Gateway> {
  // What is opened is closed in the opposite order, also where a later step fails.
  const opened: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).reverse()) await end();
  };
  try {
    return { ...(await openGateway(config, log, output, opened)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openGateway(
  config: Config,
  log: Logger,
  output: Pick<LogOutput, 'dropped'> | undefined,
  opened: (() => unknown)[],
): Promise<Omit<Gateway, 'close'>> {
  const trustedDocuments = trustedDocumentsOf(config);
  const outgoing = createOutgoingRequests(userAgent(), config.proxy);
  const access = await createAccess(config, outgoing, log);
  opened.push(
    () => access.limits.close(),
    () => access.authenticator.close(),
  );

  const builtIn = config.upstream === 'sandbox' ? await createBuiltIn(config) : undefined;
  const sandbox = builtIn?.sandbox;
  opened.push(() => sandbox?.close());
  const upstream =
    builtIn === undefined
      ? config.stripe
      : {
          ...config.stripe,
          apiUrl: await builtIn.sandbox.listen('127.0.0.1', 0),
          secretKey: builtIn.secretKey,
        };
  const telemetry = await Telemetry.start({
    ...config.telemetry,
    host: config.host,
    responseTimeoutMs: config.http.responseTimeoutMs,
    version: packageInfo().version,
    upstream: config.upstream,
    upstreamUrl: upstream.apiUrl,
    upstreamVersion: upstream.apiVersion,
    userAgent: outgoing.userAgent,
    log,
  });
  opened.push(() => telemetry.close());
  const stripe = new StripeClient({
    ...upstream,
    outgoing,
    onBreaker: (state) => {
      log.warn({ state }, `the circuit breaker to the upstream is ${state}`);
      if (state === 'open') telemetry.metrics?.breakerOpened();
    },
  });
  opened.push(() => stripe.close());
  const renewals = {
    stripeKey: (key: string) => {
      if (sandbox === undefined) stripe.renewKey(key);
      if (config.pseudonymsFollowStripeKey) access.renewPseudonymKey(key);
    },
    routerSecrets: access.authenticator.renewRouterSecrets,
    redisUrl: (url: string) => access.limits.renewRedis(url),
    pseudonymKey: access.renewPseudonymKey,
  };
  const secretFiles = new SecretFiles(config.secretFiles, renewSecrets(renewals, log));
  opened.push(() => secretFiles.close());

  const services: CustomerEvaluationDependencies = {
    stripe,
    capabilities: capabilitiesOf(config.stripe.apiVersion),
    drift: new ContractDrift(),
    metrics: telemetry.metrics,
    deadlineMs: config.deadlineMs,
  };
  const apollo = createApollo(new CustomerEvaluationResolver(services), config, log);
  await apollo.start();
  // Apollo Server does so with the first operation: by then no file may be to be had.
  await import('graphql');
  opened.push(() => apollo.stop());

  await access.authenticator.started;
  const drain = new Drain(config.http.drain);
  await telemetry.serve({
    upstream: () => stripe.load,
    drift: () => services.drift.counts,
    keySet: () => access.authenticator.keySetState,
    sharedCounters: () => access.limits.storeState,
    droppedLogLines: () => output?.dropped ?? 0,
  });
  const server = await createHttpServer({
    apollo,
    createContext: (facts) => createCallContext(services, facts),
    rightsOf: (caller) => rightsOf(caller, config),
    access,
    trustedDocuments,
    maxDocumentBytes: config.maxDocumentBytes,
    isUpstreamUp: () => stripe.isUpstreamUp,
    drain,
    pages: config.explorer ? pagesOf(config, builtIn?.playground) : undefined,
    record: (server) => recordRequests(server, telemetry),
    recordUnrecorded: recordUnrecorded(telemetry),
    log,
    onCutOff: (reason) => telemetry.metrics?.responseCutOff(reason),
    settings: config.http,
  });
  opened.push(() =>
    drain.end(
      () => server.close(),
      () => server.server.closeAllConnections(),
    ),
  );
  return {
    url: await server.listen({ host: config.host, port: config.port, backlog: 4096 }),
    sandbox,
    inFlight: () => drain.inFlight,
  };
}

/** The sandbox beside the gateway, and what the playground shows of it. */
interface BuiltIn {
  readonly sandbox: Sandbox;
  readonly secretKey: string;
  readonly playground: PagesOptions['playground'];
}

// Loaded only where it is the upstream: a start in front of Stripe does without.
async function createBuiltIn({ explorer, sandboxFaultShare }: Config): Promise<BuiltIn> {
  const { Sandbox, sandboxKey } = await import('./sandbox/sandbox.ts');
  const { sandboxCases } = await import('./sandbox/cases.ts');
  const { Journal } = await import('./sandbox/journal.ts');
  const journal = explorer ? new Journal() : undefined;
  return {
    sandbox: new Sandbox({ faultShare: sandboxFaultShare, journal }),
    secretKey: sandboxKey,
    playground: journal && { cases: sandboxCases, callsUnder: (key) => journal.under(key) },
  };
}

/** Of an operation, fragments written out: a few hundred are all that the schema has. */
const maxFields = 2_000;

/** Of a document, or of its variables. */
const maxErrors = 5;

interface RenewableAccess extends Access {
  /** Names callers under this key from now on. */
  renewPseudonymKey(key: string): void;
}

async function createAccess(
  config: Config,
  outgoing: OutgoingRequests,
  log: Logger,
): Promise<RenewableAccess> {
  let underKey = pseudonymizer(config.pseudonymKey);
  const pseudonymize: Pseudonymize = (name) => underKey(name);
  const { redisUrl } = config.rateLimits;
  const store = redisUrl === undefined ? undefined : await openStore(redisUrl, pseudonymize, log);
  return {
    renewPseudonymKey: (key) => {
      underKey = pseudonymizer(key);
    },
    authenticator: createAuthenticator(config.authentication, outgoing, (state, reason) =>
      log[state === 'up' ? 'info' : 'error']({ state, reason }, `the key set of JWT_JWKS_URL is ${state}`),
    ),
    limits: new RateLimits(config.rateLimits, store),
    pseudonymize,
    countsAddresses: config.authentication.mode !== 'router',
  };
}

// Its client is loaded only where there is a Redis.
async function openStore(url: string, pseudonymize: Pseudonymize, log: Logger): Promise<RedisRateLimitStore> {
  const { RedisRateLimitStore: Store } = await import('./access/redis-rate-limit-store.ts');
  return new Store(url, pseudonymize, (state, reason) =>
    log[state === 'up' ? 'info' : 'error'](
      { state, reason },
      `the shared counters of REDIS_URL are ${state}`,
    ),
  );
}

function rightsOf(caller: Caller, { signalsVisibility }: Config): Permissions {
  return {
    may: (scope) =>
      caller.scopes === 'all' ||
      caller.scopes.has(scope) ||
      (scope === scopes.signals && signalsVisibility === 'all'),
    customer: caller.customer,
  };
}

function pagesOf({ mode, stripe }: Config, playground: PagesOptions['playground']): PagesOptions {
  const { outcomeReports, retrieve } = capabilitiesOf(stripe.apiVersion);
  return {
    facts: {
      mode,
      upstreamVersion: stripe.apiVersion,
      reports: outcomeReports ? 'outcomes' : 'events',
      retrieves: retrieve,
    },
    playground,
  };
}

/** The documents that the settings name. Throws a `ConfigError` that names the file at fault. */
export function trustedDocumentsOf(config: Config): TrustedDocuments | undefined {
  try {
    return readTrustedDocuments(config.trustedDocuments);
  } catch (error) {
    // Files that are missing or malformed: errors all, with a message.
    throw new ConfigError([`TRUSTED_DOCUMENTS_PATH: ${(error as Error).message}`]);
  }
}

function createApollo(
  resolver: CustomerEvaluationResolver,
  config: Config,
  log: Logger,
): ApolloServer<CallContext> {
  const { schema } = buildSubgraph(resolver);
  return new ApolloServer<CallContext>({
    schema,
    logger: log.child({ part: 'apollo' }, { level: 'warn' }),
    introspection: config.introspection,
    includeStacktraceInErrorResponses: false,
    formatError: presentError,
    parseOptions: { maxTokens: config.maxTokens },
    // Of many faults, only the first few are looked for.
    validationOptions: { maxErrors },
    executionOptions: { maxCoercionErrors: maxErrors },
    maxRecursiveSelections: maxFields,
    validationRules: [
      knownOperationTypesRule,
      operationLimitsRule(config.operationLimits),
      ...(config.introspection || config.authentication.mode === 'router' ? [] : [noServiceRule]),
    ],
    // The process is ended by main.ts alone.
    stopOnTerminationSignals: false,
    persistedQueries: false,
    plugins: [
      errorsPlugin({ hideSchema: !config.introspection }),
      admissionPlugin(config.maxCost),
      operationPlugin(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginCacheControlDisabled(),
    ],
  });
}

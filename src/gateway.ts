import 'reflect-metadata';
import type { Logger } from 'pino';
import { createAccess } from './access/access.ts';
import { loadTrustedDocuments } from './access/trusted-documents.ts';
import { AdmissionQueue } from './admission/admission-queue.ts';
import { AccountKeyFiles } from './config/account-key-files.ts';
import type { Config } from './config/config.ts';
import { packageInfo, userAgent } from './config/package-info.ts';
import { SecretFiles } from './config/secret-file-watcher.ts';
import { renewSecrets } from './config/secret-rotation.ts';
import { evaluationApiOf } from './customer-evaluation/choose-evaluation-api.ts';
import { customerEvaluationModule } from './customer-evaluation/customer-evaluation.module.ts';
import { startApolloServer } from './graph/apollo-server.ts';
import { buildSubgraph } from './graph/subgraph-schema.ts';
import { Drain } from './http/drain.ts';
import { createHttpServer } from './http/server.ts';
import { pagesOptionsOf } from './pages/pages-options.ts';
import { PreparedOperations } from './prepared/prepared-operations.ts';
import type { BuiltInSandbox } from './sandbox/built-in-sandbox.ts';
import { createOutgoingRequests } from './stripe/http/outgoing-requests.ts';
import { StripeClient } from './stripe/http/stripe-client.ts';
import { ContractDrift } from './telemetry/contract-drift.ts';
import type { LogOutput } from './telemetry/log-output.ts';
import { Telemetry } from './telemetry/telemetry.ts';

/** A running gateway. */
export interface Gateway {
  /** Where it listens, e.g. `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Requests whose response has not been sent yet. */
  readonly inFlight: () => number;
  /** Rejects new requests, completes those in flight, then closes all connections. */
  close(): Promise<void>;
}

/**
 * Assembles the gateway and listens. Throws if the port or a file that the settings name is unavailable. `output` is
 * the log's output, if it counts the lines that it drops.
 */
export async function startGateway(
  config: Config,
  log: Logger,
  output?: Pick<LogOutput, 'dropped'>,
): Promise<Gateway> {
  // Closed in reverse order, even if a later step fails.
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
  const trustedDocuments = loadTrustedDocuments(config.trustedDocuments);
  const outgoing = createOutgoingRequests(userAgent(), config.proxy);
  const access = await createAccess(config, outgoing, log);
  opened.push(() => access.close());

  const sandbox = config.upstream === 'sandbox' ? await startSandbox(config) : undefined;
  opened.push(() => sandbox?.close());
  const upstream = { ...config.stripe, ...sandbox?.settings };
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
  const { maxCost, preparedOperations, secretKeysDirectory: directory } = config;
  const modeOfKeys = config.mode === 'live' ? 'live' : 'test';
  const keys = directory === undefined ? undefined : new AccountKeyFiles(directory, modeOfKeys, log);
  const stripe = new StripeClient(upstream, outgoing, telemetry.breakerChanged, keys);
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

  const drift = new ContractDrift();
  const api = evaluationApiOf(config, stripe, drift, telemetry.metrics);
  const modules = [customerEvaluationModule({ api, metrics: telemetry.metrics })] as const;
  const { schema } = buildSubgraph(modules);
  const prepared = preparedOperations ? new PreparedOperations({ schema, modules, maxCost }) : undefined;
  const apollo = await startApolloServer(schema, modules, config, log, prepared && [prepared.plugin]);
  opened.push(() => apollo.stop());
  await prepared?.prepare(apollo, trustedDocuments?.texts ?? [], log);

  await access.authenticator.started;
  const drain = new Drain(config.http.drain);
  const queue = new AdmissionQueue(config.http.maxEventLoopDelayMs);
  await telemetry.serve({
    requestsWaiting: () => queue.waiting,
    upstream: () => stripe.load,
    drift: () => drift.counts,
    keySet: () => access.authenticator.keySetState,
    sharedCounters: () => access.limits.storeState,
    droppedLogLines: () => output?.dropped ?? 0,
  });
  const server = await createHttpServer({
    ...config,
    settings: config.http,
    apollo,
    prepared,
    access,
    trustedDocuments,
    isUpstreamUp: () => stripe.isUpstreamUp,
    drain,
    queue,
    pages: pagesOptionsOf(config, sandbox?.playground),
    telemetry,
    log,
  });
  opened.push(() => drain.end(server));
  return {
    url: await server.listen({ host: config.host, port: config.port, backlog: 4096 }),
    inFlight: () => drain.inFlight,
  };
}

// Loaded only if it is the upstream: startup in front of Stripe is faster without it.
async function startSandbox(config: Config): Promise<BuiltInSandbox> {
  const { startBuiltInSandbox } = await import('./sandbox/built-in-sandbox.ts');
  return startBuiltInSandbox({ ...config, api: config.stripeApi });
}

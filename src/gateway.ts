import 'reflect-metadata';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { type CallContext, createCallContext } from './customer-evaluation/call-context.ts';
import {
  CustomerEvaluationResolver,
  type CustomerEvaluationServices,
} from './customer-evaluation/customer-evaluation.resolver.ts';
import { errorsPlugin, presentError } from './errors/caller-facing.ts';
import { createHttpServer } from './http/server.ts';
import { Sandbox, sandboxKey } from './sandbox/sandbox.ts';
import { StripeClient } from './stripe/stripe-client.ts';
import { capabilitiesOf } from './stripe/versions.ts';
import { buildSubgraph } from './subgraph/subgraph-schema.ts';
import { ContractDrift } from './telemetry/contract-drift.ts';
import { operationLogPlugin } from './telemetry/operation-log.ts';

/** A gateway that listens. */
export interface Gateway {
  /** Where it listens, e.g. `http://127.0.0.1:4000`. */
  readonly url: string;
  /** The sandbox, where that is the upstream. */
  readonly sandbox: Sandbox | undefined;
  /** Takes no new work, ends what is under way, then closes every connection. */
  close(): Promise<void>;
}

/** Puts the rooms together and listens. Throws where the port cannot be had. */
export async function startGateway(config: Config, log: Logger): Promise<Gateway> {
  const sandbox =
    config.upstream === 'sandbox' ? new Sandbox({ faultShare: config.sandboxFaultShare }) : undefined;
  const stripe = new StripeClient({
    ...config.stripe,
    onBreaker: (state) => log.warn({ state }, 'the breaker towards the upstream changed'),
    ...(sandbox === undefined ? {} : { apiUrl: await sandbox.listen('127.0.0.1', 0), secretKey: sandboxKey }),
  });
  const services: CustomerEvaluationServices = {
    stripe,
    capabilities: capabilitiesOf(config.stripe.apiVersion),
    drift: new ContractDrift(),
    deadlineMs: config.deadlineMs,
  };
  const apollo = createApollo(new CustomerEvaluationResolver(services), config, log);
  await apollo.start();
  const server = await createHttpServer({
    apollo,
    createContext: (facts) => createCallContext(services, facts),
    isUpstreamUp: () => stripe.isUpstreamUp,
    log,
    maxBodyBytes: config.maxBodyBytes,
    corsOrigins: config.corsOrigins,
  });

  const close = async (): Promise<void> => {
    await server.close();
    await apollo.stop();
    await stripe.close();
    await sandbox?.close();
  };
  try {
    const url = await server.listen({ host: config.host, port: config.port });
    return { url, sandbox, close };
  } catch (error) {
    await close();
    throw error;
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
    // The process is ended by main.ts alone.
    stopOnTerminationSignals: false,
    persistedQueries: false,
    plugins: [errorsPlugin(), operationLogPlugin(), ApolloServerPluginLandingPageDisabled()],
  });
}

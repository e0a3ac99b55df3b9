import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import type { Logger } from 'pino';
import type { CustomerEvaluationResolver } from '../customer-evaluation/customer-evaluation.resolver.ts';
import { operationPlugin } from '../telemetry/operation-plugin.ts';
import { costLimitPlugin } from './cost-limit-plugin.ts';
import { errorsPlugin, presentError } from './errors-plugin.ts';
import type { CallContext } from './graphql-context.ts';
import { knownOperationTypesRule } from './known-operation-types.ts';
import { noServiceRule, type OperationLimits, operationLimitsRule } from './operation-limits.ts';
import { buildSubgraph } from './subgraph-schema.ts';

export interface ApolloSettings {
  readonly introspection: boolean;
  /** Whether only a router calls: it may ask for the SDL even where introspection is off. */
  readonly hasRouter: boolean;
  readonly operationLimits: OperationLimits;
  /** Lexical tokens of a document. */
  readonly maxTokens: number;
  /** Upstream calls that one operation may lead to. */
  readonly maxCost: number;
}

/** Of an operation, fragments written out: a few hundred are all that the schema has. */
const maxFields = 2_000;

/** Of a document, or of its variables. */
const maxErrors = 5;

/** Apollo Server over the subgraph's schema, with the limits and plugins that every operation passes. */
export function createApolloServer(
  resolver: CustomerEvaluationResolver,
  settings: ApolloSettings,
  log: Logger,
): ApolloServer<CallContext> {
  const { schema } = buildSubgraph(resolver);
  return new ApolloServer<CallContext>({
    schema,
    logger: log.child({ part: 'apollo' }, { level: 'warn' }),
    introspection: settings.introspection,
    includeStacktraceInErrorResponses: false,
    formatError: presentError,
    parseOptions: { maxTokens: settings.maxTokens },
    // Of many faults, only the first few are looked for.
    validationOptions: { maxErrors },
    executionOptions: { maxCoercionErrors: maxErrors },
    maxRecursiveSelections: maxFields,
    validationRules: [
      knownOperationTypesRule,
      operationLimitsRule(settings.operationLimits),
      ...(settings.introspection || settings.hasRouter ? [] : [noServiceRule]),
    ],
    // The process is ended by main.ts alone.
    stopOnTerminationSignals: false,
    persistedQueries: false,
    plugins: [
      errorsPlugin({ hideSchema: !settings.introspection }),
      costLimitPlugin(settings.maxCost),
      operationPlugin(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginCacheControlDisabled(),
    ],
  });
}

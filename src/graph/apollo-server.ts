import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { AuthenticationSettings } from '../access/authentication.ts';
import { operationPlugin } from '../telemetry/operation-plugin.ts';
import { costIn, costLimitPlugin } from './cost-limit-plugin.ts';
import { createDocumentStore } from './document-store.ts';
import { errorsPlugin, presentError } from './errors-plugin.ts';
import type { GraphModule } from './graph-module.ts';
import type { GraphQLContext } from './graphql-context.ts';
import { knownOperationTypesRule } from './known-operation-types.ts';
import { noServiceRule, type OperationLimits, operationLimitsRule } from './operation-limits.ts';

export interface ApolloSettings {
  readonly introspection: boolean;
  readonly authentication: Pick<AuthenticationSettings, 'mode'>;
  readonly operationLimits: OperationLimits;
  /** The maximum lexical tokens of a document. */
  readonly maxTokens: number;
  /** The maximum upstream calls that one operation may cause. */
  readonly maxCost: number;
}

/** The maximum fields of an operation with its fragments expanded. The whole schema has a few hundred. */
const maxFields = 2_000;

/** The maximum errors reported for a document or its variables. */
const maxErrors = 5;

/**
 * Starts Apollo Server with the subgraph's schema and the limits and plugins for every operation. Plans in
 * src/prepared/ bypass them, so a plan must do whatever they do with a successful operation.
 */
export async function startApolloServer(
  schema: GraphQLSchema,
  modules: readonly GraphModule[],
  settings: ApolloSettings,
  log: Logger,
  morePlugins: readonly ApolloServerPlugin<GraphQLContext>[] = [],
): Promise<ApolloServer<GraphQLContext>> {
  // The router asks for the SDL and for traces, both of which name types and fields, and nobody else can call.
  const showsSchema = settings.introspection || settings.authentication.mode === 'router';
  const apollo = new ApolloServer<GraphQLContext>({
    schema,
    logger: log.child({ part: 'apollo' }, { level: 'warn' }),
    introspection: settings.introspection,
    includeStacktraceInErrorResponses: false,
    formatError: presentError,
    // The parser does not count comments as tokens, but the syntax tree keeps them.
    parseOptions: { maxTokens: settings.maxTokens, maxComments: settings.maxTokens },
    documentStore: createDocumentStore(),
    // Validation stops after the first few errors.
    validationOptions: { maxErrors },
    executionOptions: { maxCoercionErrors: maxErrors },
    maxRecursiveSelections: maxFields,
    validationRules: [
      knownOperationTypesRule,
      operationLimitsRule(settings.operationLimits),
      ...(showsSchema ? [] : [noServiceRule]),
    ],
    // Only main.ts ends the process.
    stopOnTerminationSignals: false,
    persistedQueries: false,
    plugins: [
      errorsPlugin({ hideSchema: !settings.introspection }),
      costLimitPlugin(settings.maxCost, costIn(modules)),
      operationPlugin(),
      ...morePlugins,
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      ...(showsSchema ? [] : [ApolloServerPluginInlineTraceDisabled()]),
    ],
  });
  await apollo.start();
  // Apollo Server imports it with the first operation, when the file may be unreadable.
  await import('graphql');
  return apollo;
}

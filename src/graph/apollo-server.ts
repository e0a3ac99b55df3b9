import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { AuthenticationSettings } from '../access/authentication.ts';
import { operationPlugin } from '../telemetry/operation-plugin.ts';
import { costIn, costLimitPlugin } from './cost-limit-plugin.ts';
import { errorsPlugin, presentError } from './errors-plugin.ts';
import type { GraphModule } from './graph-module.ts';
import type { GraphQLContext } from './graphql-context.ts';
import { knownOperationTypesRule } from './known-operation-types.ts';
import { noServiceRule, type OperationLimits, operationLimitsRule } from './operation-limits.ts';

export interface ApolloSettings {
  readonly introspection: boolean;
  readonly authentication: Pick<AuthenticationSettings, 'mode'>;
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

/**
 * Starts Apollo Server over the subgraph's schema, with the limits and plugins that every operation passes. A plan in
 * src/prepared/ stands for all of them: what they do with a good answer, it does as well.
 */
export async function startApolloServer(
  schema: GraphQLSchema,
  modules: readonly GraphModule[],
  settings: ApolloSettings,
  log: Logger,
  morePlugins: readonly ApolloServerPlugin<GraphQLContext>[] = [],
): Promise<ApolloServer<GraphQLContext>> {
  // It asks for the SDL, and nobody else can call.
  const hasRouter = settings.authentication.mode === 'router';
  const apollo = new ApolloServer<GraphQLContext>({
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
      ...(settings.introspection || hasRouter ? [] : [noServiceRule]),
    ],
    // The process is ended by main.ts alone.
    stopOnTerminationSignals: false,
    persistedQueries: false,
    plugins: [
      errorsPlugin({ hideSchema: !settings.introspection }),
      costLimitPlugin(settings.maxCost, costIn(modules)),
      operationPlugin(),
      ...morePlugins,
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginCacheControlDisabled(),
    ],
  });
  await apollo.start();
  // Apollo Server does so with the first operation: by then no file may be to be had.
  await import('graphql');
  return apollo;
}

import { describe, expect, it } from '@jest/globals';
import { GraphQLObjectType, type GraphQLSchema } from 'graphql';
import {
  buildSchemaSync,
  Field,
  FieldResolver,
  ObjectType,
  Query,
  Resolver,
  UseMiddleware,
} from 'type-graphql';
import { customerEvaluationModule } from '../../src/customer-evaluation/customer-evaluation.module.ts';
import { startApolloServer } from '../../src/graph/apollo-server.ts';
import { buildSubgraph } from '../../src/graph/subgraph-schema.ts';
import { readSchemaMetadata } from '../../src/prepared/schema-metadata.ts';
import { createLog } from '../../src/telemetry/log.ts';

@ObjectType()
class Thing {
  @Field(() => String)
  readonly plain!: string;

  @Field(() => String)
  readonly resolved!: string;

  @UseMiddleware((_data, next) => next())
  @Field(() => String)
  readonly guarded!: string;
}

@Resolver(() => Thing)
class ThingResolver {
  @Query(() => Thing)
  thing(): Thing {
    return { plain: 'a', resolved: 'b', guarded: 'c' };
  }

  @UseMiddleware((_data, next) => next())
  @Query(() => Thing)
  guardedThing(): Thing {
    return this.thing();
  }

  @FieldResolver(() => String)
  resolved(): string {
    return 'another';
  }
}

function objectType(schema: GraphQLSchema, name: string): GraphQLObjectType {
  const type = schema.getType(name);
  if (!(type instanceof GraphQLObjectType)) throw new Error(`no type ${name}`);
  return type;
}

const modules = [customerEvaluationModule(undefined)] as const;

describe('a plan', () => {
  it('a plan reads a field as a property only if its decorators define nothing else', () => {
    const schema = buildSchemaSync({
      resolvers: [ThingResolver],
      validate: false,
      skipCheck: true,
      authChecker: () => true,
    });
    const metadata = readSchemaMetadata(schema, [{ resolver: ThingResolver, instance: new ThingResolver() }]);
    const thing = objectType(schema, 'Thing');
    expect(metadata.propertyOf(thing, 'plain')).toEqual({ property: 'plain', scopes: [] });
    expect(metadata.propertyOf(thing, 'resolved')).toBeUndefined();
    expect(metadata.propertyOf(thing, 'guarded')).toBeUndefined();
    const query = objectType(schema, 'Query');
    expect(metadata.rootCall(query, 'thing')).toBeDefined();
    expect(metadata.rootCall(query, 'guardedThing')).toBeUndefined();
  });

  it('a plan knows every field of the subgraph, and none whose resolver was replaced', () => {
    const { schema } = buildSubgraph(modules);
    const types = Object.values(schema.getTypeMap()).filter(
      (type): type is GraphQLObjectType =>
        type instanceof GraphQLObjectType && !/^__|^_Service|^(Query|Mutation)$/.test(type.name),
    );
    expect(types.length).toBeGreaterThan(5);
    const metadata = readSchemaMetadata(schema, modules);
    for (const type of types) {
      for (const name of Object.keys(type.getFields())) {
        expect([`${type.name}.${name}`, metadata.propertyOf(type, name)?.property]).toEqual([
          `${type.name}.${name}`,
          name,
        ]);
      }
    }
    const evaluation = objectType(schema, 'CustomerEvaluation');
    expect(metadata.propertyOf(evaluation, 'signals')?.scopes).toEqual(['evaluations:signals']);
    const livemode = evaluation.getFields()['livemode'];
    if (livemode === undefined) throw new Error('no livemode');
    livemode.resolve = () => true;
    expect(readSchemaMetadata(schema, modules).propertyOf(evaluation, 'livemode')).toBeUndefined();
  });

  it('a plan replaces exactly the plugins that Apollo Server has', async () => {
    const { schema } = buildSubgraph(modules);
    const apollo = await startApolloServer(
      schema,
      modules,
      {
        introspection: true,
        authentication: { mode: 'none' },
        operationLimits: { rootFields: 1, depth: 1, aliases: 1, directives: 1 },
        maxTokens: 1,
        maxCost: 1,
      },
      createLog('silent', { write: () => undefined }),
    );
    const { plugins } = (apollo as unknown as { internals: { plugins: Record<string, unknown>[] } })
      .internals;
    // If a plugin was added: `carryOut` must do what it does with a successful response, or leave its requests to
    // Apollo Server.
    expect(plugins.map((plugin) => plugin['__internal_plugin_id__'] ?? 'ours')).toEqual([
      'ours',
      'ours',
      'ours',
      'LandingPageDisabled',
      'CacheControl',
      'InlineTrace',
    ]);
    await apollo.stop();
  });
});

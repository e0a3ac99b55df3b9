import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type GraphQLSchema, Kind, parse, printType, validateSchema, visit } from 'graphql';
import { customerEvaluationModule } from '../../src/customer-evaluation/customer-evaluation.module.ts';
import { buildSubgraph } from '../../src/graph/subgraph-schema.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';

const published = readFileSync('schema/customer-evaluations.graphql', 'utf8');

describe('the published schema', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway.close());

  it('the published schema matches the code: `npm run schema` would change nothing', async () => {
    expect(await buildSubgraph([customerEvaluationModule(undefined)]).sdl()).toBe(published);
  });

  it('the published schema equals the executable one, including the parts for routers', () => {
    const { schema } = buildSubgraph([customerEvaluationModule(undefined)]);
    const fromSdl = buildSubgraphSchema(parse(published));
    expect(validateSchema(schema)).toEqual([]);
    const ours = (each: GraphQLSchema) =>
      Object.values(each.getTypeMap())
        .filter(({ name }) => !/^(__|link__|federation__)/.test(name))
        .map(printType)
        .sort();
    expect(ours(schema)).toEqual(ours(fromSdl));
  });

  it('the published schema is served to routers unchanged', async () => {
    const { data } = await gateway.send('{ _service { sdl } }');
    expect(data._service.sdl).toBe(published);
  });

  it('the published schema defines the directive @oneOf, which composition would not know', () => {
    expect(published).toContain('directive @oneOf on INPUT_OBJECT');
  });

  it.each(['EvaluationContextInput', 'EvaluationClientDetailsInput', 'EvaluationCustomerDetailsInput'])(
    'the published schema marks %s as @oneOf in introspection',
    async (name) => {
      const { data } = await gateway.send(
        'query Kind($name: String!) { __type(name: $name) { isOneOf inputFields { name } } }',
        { name },
      );
      expect(data.__type.isOneOf).toBe(true);
      expect(data.__type.inputFields).toHaveLength(2);
    },
  );

  it('the published schema marks no other input as @oneOf in introspection', async () => {
    const { data } = await gateway.send('{ __type(name: "EvaluationCustomerDataInput") { isOneOf } }');
    expect(data.__type.isOneOf).toBe(false);
  });

  it('the published schema describes every type, field, argument and value', () => {
    // The GraphQL specification says what the root types are.
    const roots = ['Query', 'Mutation'];
    const described: string[] = [];
    const undescribed: string[] = [];
    visit(parse(published), {
      enter(node, _key, _parent, _path, ancestors) {
        if (!('description' in node) && !describable.has(node.kind)) return undefined;
        if (node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.DIRECTIVE_DEFINITION) return false;
        const owners = [...ancestors, node].flatMap((each) => ('name' in each ? [each.name?.value] : []));
        const text = 'description' in node ? (node.description?.value.trim() ?? '') : '';
        (text === '' ? undescribed : described).push(owners.join('.'));
        return undefined;
      },
    });
    expect(undescribed).toEqual(roots);
    expect(described).toEqual(
      expect.arrayContaining([
        'Signals',
        'Query.customerEvaluation.id',
        'CustomerEvaluationRiskLevel.HIGHEST',
        'EvaluationCustomerDataInput.email',
      ]),
    );
  });

  it('the published schema is hidden from callers if introspection is off, and routers still get it', async () => {
    const secret = 'a-secret-of-the-router-and-nobody-else';
    const closed = await startTestGateway({
      INTROSPECTION: 'off',
      AUTH_MODE: 'router',
      ROUTER_SECRET: secret,
    });
    const asRouter = { 'x-router-secret': secret };
    const { data, errors } = await closed.send('{ __schema { types { name } } }', {}, asRouter);
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
    expect((await closed.send('{ _service { sdl } }', {}, asRouter)).data._service.sdl).toBe(published);
    await closed.close();
  });
});

const describable: ReadonlySet<string> = new Set([
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.INTERFACE_TYPE_DEFINITION,
  Kind.UNION_TYPE_DEFINITION,
  Kind.ENUM_TYPE_DEFINITION,
  Kind.SCALAR_TYPE_DEFINITION,
  Kind.INPUT_OBJECT_TYPE_DEFINITION,
  Kind.FIELD_DEFINITION,
  Kind.INPUT_VALUE_DEFINITION,
  Kind.ENUM_VALUE_DEFINITION,
]);

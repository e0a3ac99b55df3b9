import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  buildClientSchema,
  buildSchema,
  type GraphQLSchema,
  getIntrospectionQuery,
  isInputObjectType,
  printType,
  validate,
  validateSchema,
} from 'graphql';
import * as shipped from '../../schema/generated/customer-evaluations.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';

const text = readFileSync('schema/api.graphql', 'utf8');
const federated = readFileSync('schema/customer-evaluations.graphql', 'utf8');

describe('the schema for clients', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway.close());

  const forClients = (schema: GraphQLSchema): string[] =>
    Object.values(schema.getTypeMap())
      .filter(({ name }) => !name.startsWith('_'))
      .map(printType)
      .map((printed) =>
        printed.replace(/\n\n? *"""[^"]*"""\n *_(entities|service)\b.*|\n *_(entities|service)\b.*/g, ''),
      )
      .sort();

  it('the schema for clients is read by graphql-js, strictly', () => {
    expect(validateSchema(buildSchema(text))).toEqual([]);
    // graphql-js rejects the federated schema.
    expect(() => buildSchema(federated)).toThrow('Unknown directive "@link"');
  });

  it('the schema for clients has nothing of federation', () => {
    expect(text).not.toMatch(
      /@(link|key|tag|cost|listSize|shareable)\b|\b_(Any|Entity|Service|entities|service)\b/,
    );
    expect(text).not.toContain('extend ');
  });

  it('the schema for clients equals that of the built gateway, descriptions and @oneOf included', async () => {
    const { text: response } = await gateway.send(getIntrospectionQuery({ oneOf: true, descriptions: true }));
    expect(forClients(buildSchema(text))).toEqual(forClients(buildClientSchema(JSON.parse(response).data)));
  });

  it('the schema for clients marks the same inputs as @oneOf as the schema for routers', () => {
    const oneOf = Object.values(buildSchema(text).getTypeMap())
      .filter((type) => isInputObjectType(type) && type.isOneOf)
      .map(({ name }) => name)
      .sort();
    expect(oneOf).toEqual(
      [...federated.matchAll(/input (\w+) *\n? *@oneOf/g)].map(([, name]) => name).sort(),
    );
    expect(oneOf).not.toEqual([]);
  });

  it('the schema for clients fits the operations that are shipped with it', () => {
    const schema = buildSchema(text);
    const documents = Object.values(shipped);
    expect(documents.length).toBeGreaterThan(0);
    for (const document of documents) expect(validate(schema, document)).toEqual([]);
  });

  it('the schema for clients comes with the package', () => {
    const { exports, files } = JSON.parse(readFileSync('schema/package.json', 'utf8')) as {
      exports: Record<string, unknown>;
      files: string[];
    };
    expect(exports['./api.graphql']).toBe('./api.graphql');
    expect(files).toContain('api.graphql');
  });
});

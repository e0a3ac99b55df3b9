import { describe, expect, it } from '@jest/globals';
import { buildSchema, GraphQLError, parse, validate } from 'graphql';
import { ForbiddenError } from '../../src/errors/forbidden-error.ts';
import { RateLimitedError } from '../../src/errors/rate-limited-error.ts';
import { redactSchemaNames } from '../../src/graph/redact-schema-names.ts';

const schema = buildSchema(`
  type Query { secretField(secretArgument: SecretInput!, other: Int): SecretType  plainsecret: Int }
  input SecretInput { secretName: Int!  secret_key: Int  _secret: Int }
  type SecretType { secretValue: String }
`);

/** What is kept of GraphQL's own errors about a document. */
function told(source: string, variables?: Record<string, unknown>): string[] {
  const errors = validate(schema, parse(source)).map(
    (error) =>
      new GraphQLError(error.message, {
        nodes: error.nodes ?? null,
        extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
      }),
  );
  expect(errors.length).toBeGreaterThan(0);
  redactSchemaNames(errors, { source, variables });
  // The stack of an error begins with its message.
  for (const error of errors) expect(error.stack).toBe('');
  return errors.map(({ message }) => message);
}

describe('a refusal by GraphQL, where the schema is not for callers', () => {
  it.each([
    ['{ secretFiel }', ['Cannot query field "secretFiel" on type "…".']],
    [
      '{ secretFiel @include(if: "Query") }',
      expect.arrayContaining(['Cannot query field "secretFiel" on type "Query".']),
    ],
    [
      '{ secretField { secretValue } }',
      ['Field "secretField" argument "…" of type "…" is required, but it was not provided.'],
    ],
    [
      '{ secretField(secretArgument: {}) { secretValue } }',
      ['Field "…" of required type "…" was not provided.'],
    ],
    [
      '{ secretField(secretArgument: { secretName: 1 }) { __typename: x } plainsecret { x } }',
      [
        'Cannot query field "x" on type "…".',
        'Field "plainsecret" must not have a selection since type "…" has no subfields.',
      ],
    ],
  ])(
    'a refusal by GraphQL with a hidden schema names only what the document of %s does',
    (source, messages) => {
      expect(told(source)).toEqual(messages);
    },
  );

  it('a refusal by GraphQL with a hidden schema may name what is in the variables', () => {
    const source = 'query ($v: Int) { secretFiel(x: $v) }';
    expect(told(source, { v: 'Query' })).toEqual(['Cannot query field "secretFiel" on type "Query".']);
  });

  const codes = ['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT', undefined];
  const refusal = (message: string, extensions: Record<string, unknown> = {}): GraphQLError => {
    const error = new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', ...extensions } });
    redactSchemaNames([error], { source: '{ asked }', variables: { other: 1 } });
    return error;
  };

  it.each(codes)('a refusal by GraphQL with a hidden schema is rewritten at every stage: %s', (code) => {
    expect(refusal('Unknown type "SecretType".', { code }).message).toBe('Unknown type "…".');
  });

  it.each([
    ['secretName: is wrong', '"…": is wrong'],
    ['SECRET_NAME is wrong', '"…" is wrong'],
    ['secret_key is wrong', '"…" is wrong'],
    ['SecretInput is wrong', '"…" is wrong'],
    ['asked.secretName.0: is wrong', 'asked."…".0: is wrong'],
    ['GraphQL, OneOf and other plain Words are none', 'GraphQL, OneOf and other plain Words are none'],
    ['GraphQLObject is one', '"…" is one'],
    ['"[Secret!]!" is wrong, "[asked!]!" is asked', '"…" is wrong, "[asked!]!" is asked'],
    ['"asked.secret" is wrong', '"…" is wrong'],
    ['wrong. Did you mean "secretName",\nor "secretValue"?', 'wrong.'],
    ['"" has no name', '"" has no name'],
  ])('a refusal by GraphQL with a hidden schema and the text %j becomes %j', (message, left) => {
    expect(refusal(message).message).toBe(left);
  });

  it('a refusal by GraphQL with a hidden schema has a path of the request’s names and list indices', () => {
    const path = ['asked', 'secretName', '0', '12', 'other', 'x1', '1x'];
    expect(refusal('x', { path }).extensions['path']).toEqual(['asked', '0', '12', 'other']);
    expect(refusal('x').extensions).not.toHaveProperty('path');
  });
});

describe('an error of ours, where the schema is not for callers', () => {
  const text = 'Wait for retryAfterMs.';

  it.each([
    ['by a refusal', { originalError: new RateLimitedError(1) }],
    ['by a refusal within a field', { originalError: ForbiddenError.lacksScope('evaluations:create') }],
    ['by its code', { extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
  ])('an error of ours with a hidden schema is unchanged %s', (_, options) => {
    const error = new GraphQLError(text, options);
    redactSchemaNames([error], { source: '{ x }', variables: undefined });
    expect(error.message).toBe(text);
    expect(error.stack).not.toBe('');
  });

  it('an error of ours with a hidden schema is distinguished from GraphQL’s own beside it, and from wrapped ones', () => {
    const wrapped = new GraphQLError(text, { originalError: new GraphQLError(text) });
    const ours = new GraphQLError(text, { originalError: new RateLimitedError(1) });
    redactSchemaNames([ours, wrapped], { source: '{ x }', variables: {} });
    expect([ours.message, wrapped.message]).toEqual([text, 'Wait for "…".']);
  });
});

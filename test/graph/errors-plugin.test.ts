import { HeaderMap } from '@apollo/server';
import { describe, expect, it } from '@jest/globals';
import { buildSchema, GraphQLError, getOperationAST, getVariableValues, parse } from 'graphql';
import type { Logger } from 'pino';
import { describeError } from '../../src/errors/describe-error.ts';
import { ForbiddenError } from '../../src/errors/forbidden-error.ts';
import { RateLimitedError } from '../../src/errors/rate-limited-error.ts';
import { UpstreamCallError } from '../../src/errors/upstream-call-error.ts';
import { errorsPlugin, presentError } from '../../src/graph/errors-plugin.ts';

/** An error thrown in a field, as the executor wraps it. */
const inField = (originalError: Error): GraphQLError =>
  new GraphQLError(originalError.message, { originalError, path: ['field'] });

const canary = 'canary@example.com';

describe('a top-level error, as a caller sees it', () => {
  it('a top-level error has a failure’s code, and says whether to retry, if a field failed', () => {
    const failure = new UpstreamCallError('UPSTREAM_RATE_LIMITED', {
      effect: 'NONE',
      retryAfterMs: 2_000,
      upstreamRequestId: 'req_1',
      operatorNote: canary,
      param: canary,
    });
    const formatted = {
      message: failure.message,
      path: ['field'],
      extensions: { code: 'x', stacktrace: [canary] },
    };
    expect(presentError(formatted, inField(failure))).toEqual({
      message: 'Stripe is limiting the rate of calls. Wait, then retry.',
      path: ['field'],
      extensions: {
        code: 'UPSTREAM_RATE_LIMITED',
        retryable: true,
        effect: 'NONE',
        retryAfterMs: 2_000,
        upstreamRequestId: 'req_1',
      },
    });
  });

  it.each([
    [
      new RateLimitedError(1_500),
      { code: 'RATE_LIMITED', retryable: true, effect: 'NONE', retryAfterMs: 1_500 },
    ],
    [
      ForbiddenError.otherCustomer(),
      { code: 'FORBIDDEN', retryable: false, effect: 'NONE', retryAfterMs: undefined },
    ],
  ])('a top-level error has a refusal’s code, in a field or before any: %s', (refusal, extensions) => {
    const formatted = { message: refusal.message, extensions: { code: 'INTERNAL_SERVER_ERROR' } };
    for (const error of [inField(refusal), new GraphQLError('x', { originalError: refusal })]) {
      expect(presentError(formatted, error)).toEqual({ message: refusal.message, extensions });
    }
  });

  it('a top-level error keeps the code of GraphQL’s own refusal, and has no stack', () => {
    const extensions = { code: 'GRAPHQL_VALIDATION_FAILED', path: ['input'] };
    const error = new GraphQLError('Refused.', { extensions });
    const formatted = { message: 'Refused.', extensions: { ...extensions, stacktrace: [canary] } };
    expect(presentError(formatted, error)).toEqual({ message: 'Refused.', extensions });
  });

  it.each([
    ['thrown in a field', inField(new TypeError(canary))],
    [
      'thrown in a field, with a code',
      Object.assign(inField(new TypeError(canary)), { extensions: { code: 'BAD_USER_INPUT' } }),
    ],
    ['about what a field returned', new GraphQLError(canary)],
    ['thrown anywhere', new Error(canary)],
    ['of no kind', canary],
  ])('a top-level error, as a caller sees it is a request id and nothing more for a bug: %s', (_, error) => {
    const formatted = {
      message: canary,
      locations: [{ line: 1, column: 1 }],
      path: ['field', 0],
      extensions: { code: 'x', requestId: 'my-request', stacktrace: [canary] },
    };
    const message = 'The gateway failed. Its operators can find the reason in the log by this request id.';
    const extensions = { code: 'INTERNAL_SERVER_ERROR', retryable: false, requestId: 'my-request' };
    const { locations, path } = formatted;
    expect(presentError(formatted, error)).toStrictEqual({ message, locations, path, extensions });
    expect(presentError({ message: canary }, error)).toStrictEqual({
      message,
      extensions: { ...extensions, requestId: undefined },
    });
  });
});

describe('what is done with errors before they are formatted', () => {
  async function encounter(
    errors: GraphQLError[],
    hideSchema = false,
    more: object = {},
  ): Promise<unknown[][]> {
    const lines: unknown[][] = [];
    const log = { error: (...line: unknown[]) => lines.push(line) } as unknown as Logger;
    const listener = await errorsPlugin({ hideSchema }).requestDidStart?.({} as never);
    await listener?.didEncounterErrors?.({
      errors,
      request: { variables: undefined },
      source: '{ asked }',
      contextValue: { requestId: 'my-request', log },
      ...more,
    } as never);
    return lines;
  }

  const headOf = async (errors: GraphQLError[], data?: object | null) => {
    expect(await encounter(errors)).toEqual([]);
    const http = { status: undefined, headers: new HeaderMap() };
    const body = { kind: 'single', singleResult: { data, errors: [] } };
    const listener = await errorsPlugin({ hideSchema: false }).requestDidStart?.({} as never);
    await listener?.willSendResponse?.({ errors, response: { http, body } } as never);
    return { status: http.status, headers: [...http.headers] };
  };
  const limited = inField(new RateLimitedError(1_500));
  const forbidden = inField(ForbiddenError.otherCustomer());
  const failed = inField(new UpstreamCallError('UPSTREAM_TIMEOUT', { effect: 'UNKNOWN' }));
  const ofLimit = { status: 429, headers: [['retry-after', '2']] };
  const ofNone = { status: undefined, headers: [] };

  it.each([
    ['before any field was run', [limited], undefined, ofLimit],
    ['of the one field', [limited], { a: null }, ofLimit],
    ['of each field', [forbidden, limited], { a: null, b: null }, ofLimit],
    ['that leaves the status to the fields', [forbidden], { a: null }, ofNone],
    ['beside a field that was answered', [limited], { a: {}, b: null }, ofNone],
    ['beside a field that answered nothing worth a mention', [limited], { a: 0, b: null }, ofNone],
    ['beside a field that failed in another way', [failed, limited], { a: null, b: null }, ofNone],
    ['none at all', [], { a: null }, ofNone],
  ])('the status and headers are those of a refusal %s', async (_, errors, data, head) => {
    expect(await headOf(errors, data)).toEqual(head);
    for (const { extensions } of errors) expect(extensions).toEqual({});
  });

  it('a bug is logged with its location and gets the request’s id; a field’s failure does not, and a refusal is not logged', async () => {
    const bug = inField(new TypeError(canary));
    const failure = inField(new UpstreamCallError('NOT_FOUND', { effect: 'NONE' }));
    const refused = new GraphQLError('Refused.', { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } });
    const lines = await encounter([failure, refused, bug]);
    expect(lines).toEqual([
      [
        { error: 'TypeError', frames: expect.arrayContaining([expect.stringContaining('.test.ts')]) },
        'unhandled error in an operation',
      ],
    ]);
    expect(JSON.stringify(lines)).not.toContain(canary);
    expect(bug.extensions).toMatchObject({ requestId: 'my-request' });
    for (const { extensions } of [failure, refused]) expect(extensions).not.toHaveProperty('http');
    expect(failure.extensions).not.toHaveProperty('requestId');
    expect(refused.extensions).toEqual({
      code: 'GRAPHQL_VALIDATION_FAILED',
      retryable: false,
      effect: 'NONE',
      requestId: 'my-request',
    });
  });

  it('a refusal by GraphQL promises that nothing happened only if no mutation was run, and keeps what it says', async () => {
    const extensions = { code: 'BAD_USER_INPUT' };
    const refused = new GraphQLError('Refused.', { extensions: { ...extensions } });
    const complete = new GraphQLError('Refused.', { extensions: { ...extensions, retryable: true } });
    await encounter([refused, complete], false, {
      contextValue: { requestId: 'my-request', idempotencyKeys: ['key'] },
    });
    const added = { retryable: false, effect: 'UNKNOWN', idempotencyKeys: ['key'], requestId: 'my-request' };
    expect(refused.extensions).toEqual({ ...extensions, ...added });
    expect(complete.extensions).toEqual({ ...extensions, retryable: true });
  });

  it('values are removed from GraphQL’s own refusals, and the field is named', async () => {
    const schema = buildSchema('type Query { ask(number: Int): Int }');
    const document = parse('query ($n: Int) { ask(number: $n) }');
    const operation = getOperationAST(document) ?? undefined;
    const variables = { n: canary };
    const { errors = [] } = getVariableValues(schema, operation?.variableDefinitions ?? [], variables);
    await encounter([...errors], true, {
      schema,
      document,
      operation,
      request: { variables },
      source: 'Int',
    });
    expect(errors.map(({ message }) => message)).toEqual(['n: is not a value of type "Int".']);
    expect(errors[0]?.extensions['path']).toEqual(['n']);
  });

  it.each([
    ['Colour "…" is not a value of type "Colour".', ' Use RED or GREEN.'],
    ['p.one: Exactly one key must be specified for OneOf type "One".', ' Use a or b.'],
    ['OneOf Input Object "One" must specify exactly one key.', ' Use a or b.'],
    ['n: is not a value of type "Int".', ''],
    ['n: is not a value of type "Gone".', ''],
    ['is not a value of type "Empty".', ''],
  ])('the choices are added if the schema is not hidden, to %s', async (message, choices) => {
    const schema = buildSchema(
      'type Query { n: Int } enum Colour { RED GREEN UNKNOWN } enum Empty { UNKNOWN } input One @oneOf { a: Int b: Int }',
    );
    for (const hideSchema of [true, false]) {
      const error = new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
      await encounter([error], hideSchema, { schema });
      if (hideSchema) expect(error.message).not.toMatch(/Use /);
      else expect(error.message).toBe(message + choices);
    }
  });

  it('Apollo Server’s own words are replaced before names are hidden', async () => {
    const error = new GraphQLError(
      'GraphQL introspection is not allowed by Apollo Server, but the query contained __schema or __type.',
      { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    );
    await encounter([error], true);
    expect(error.message).toMatch(/^Introspection is off\. .*INTROSPECTION=on\.$/);
  });

  it.each([
    [true, 'Unknown type "…".'],
    [false, 'Unknown type "Secret".'],
  ])('names of the schema are hidden if configured: %s', async (hideSchema, message) => {
    const error = new GraphQLError('Unknown type "Secret".', {
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    });
    await encounter([error], hideSchema);
    expect(error.message).toBe(message);
  });
});

describe('a bug in the log', () => {
  it('a bug in the log is its kind and its frames, and not its message', () => {
    const error = new RangeError(`${canary}\n  at the end of ${canary}`);
    error.stack = `RangeError: ${canary}\nsecond line\n    at one (file.ts:1:1)\n    at two (file.ts:2:2)\n  no frame at all`;
    expect(describeError(error)).toEqual({
      error: 'RangeError',
      frames: ['at one (file.ts:1:1)', 'at two (file.ts:2:2)'],
    });
    delete error.stack;
    expect(describeError(error)).toEqual({ error: 'RangeError', frames: [] });
    expect(describeError(canary)).toEqual({ error: 'string', frames: [] });
  });
});

import { ApolloServer } from '@apollo/server';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { createAuthenticator } from '../../src/access/authentication.ts';
import { type Caller, pseudonymizer } from '../../src/access/caller.ts';
import { permissionsOf } from '../../src/access/permissions.ts';
import { RateLimits } from '../../src/access/rate-limits.ts';
import type { HeaderValues } from '../../src/access/router-headers.ts';
import { AdmissionQueue } from '../../src/admission/admission-queue.ts';
import { readConfig } from '../../src/config/config.ts';
import { errorsPlugin, presentError } from '../../src/graph/errors-plugin.ts';
import type { GraphQLContext } from '../../src/graph/graphql-context.ts';
import { Drain } from '../../src/http/drain.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { createLog } from '../../src/telemetry/log.ts';

/*
 * Unlike the other journeys, this runs the sources in the test's own process: no input is known to trigger a bug in the
 * gateway, so the test puts resolvers that throw behind the gateway's server, log and error handling.
 * `contract/build.test.ts` plants one bug in the built process.
 */
const typeDefs = `type Query { throws: String  rejects: String  isNoNumber: Int  isNull: String!  throwsText: String  fine: String }`;
const bug = () => {
  throw new TypeError('canary@example.com is not a function');
};
const resolvers = {
  Query: {
    throws: bug,
    rejects: async () => bug(),
    isNoNumber: () => 'canary@example.com',
    isNull: () => null,
    throwsText: () => {
      throw 'canary@example.com';
    },
    fine: () => 'fine',
  },
};

describe('a bug', () => {
  const log: string[] = [];
  let server: FastifyInstance;
  let url: string;

  beforeAll(async () => {
    const apollo = new ApolloServer<GraphQLContext>({
      typeDefs,
      resolvers,
      formatError: presentError,
      plugins: [
        errorsPlugin({ hideSchema: false }),
        {
          requestDidStart: async () => ({
            didResolveOperation: async ({ operationName }) => {
              if (operationName === 'BuggyPlugin') bug();
            },
          }),
        },
      ],
      stopOnTerminationSignals: false,
    });
    await apollo.start();
    const pseudonymize = pseudonymizer('a key for this test alone');
    const authenticator = createAuthenticator({ mode: 'none' }, { userAgent: 'test/1' }, () => undefined);
    const access = {
      authenticator: {
        ...authenticator,
        authenticate: (valuesOf: HeaderValues) =>
          valuesOf('x-bug').length === 0 ? authenticator.authenticate(valuesOf) : bug(),
      },
      limits: new RateLimits(readConfig({ RATE_LIMIT_PER_MINUTE: 'off' }).rateLimits),
      pseudonymize,
      accountOf: () => undefined,
      permissionsOf: (caller: Caller) => permissionsOf(caller, 'all'),
      countsAddresses: false,
    };
    server = await createHttpServer({
      apollo,
      deadlineMs: 8_000,
      access,
      trustedDocuments: undefined,
      maxDocumentBytes: 16_384,
      isUpstreamUp: () => true,
      telemetry: { metrics: undefined, tracing: undefined },
      log: createLog('trace', { write: (line) => log.push(line) }),
      settings: readConfig({}).http,
      drain: new Drain(readConfig({}).http.drain),
      queue: new AdmissionQueue(60_000),
    });
    url = await server.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(() => server.close());
  beforeEach(() => {
    log.length = 0;
  });

  it.each(['throws', 'rejects', 'isNoNumber', 'isNull', 'throwsText'])(
    'a bug in a resolver that %s is reported to the caller only by request id, and logged with its location',
    async (field) => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-request-id': 'my-request' },
        body: JSON.stringify({ query: `{ ${field} fine }` }),
      });
      const text = await response.text();

      expect(JSON.parse(text).errors).toEqual([
        {
          message: 'The gateway failed. Its operators can find the reason in the log by this request id.',
          path: [field],
          locations: [{ line: 1, column: 3 }],
          extensions: { code: 'INTERNAL_SERVER_ERROR', retryable: false, requestId: 'my-request' },
        },
      ]);
      expect(response.headers.get('x-request-id')).toBe('my-request');
      expect(text).not.toContain('canary');
      expect(text).not.toContain('.ts');

      const lines = log.map((line) => JSON.parse(line)).filter((line) => line.level === 'error');
      expect(lines).toMatchObject([{ requestId: 'my-request', msg: 'unhandled error in an operation' }]);
      expect(log.join('')).not.toContain('canary');
      if (field === 'throws') expect(lines[0].frames[0]).toContain('error-masking.test.ts');
    },
  );

  it.each([
    ['a hook of the server', '{ fine }', { 'x-bug': '1' }, 'unhandled error in a request'],
    ['a plugin of GraphQL', 'query BuggyPlugin { fine }', {}, 'unhandled error in an operation'],
  ])('a bug in %s is also reported only by request id', async (_, query, headers, msg) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'my-request', ...headers },
      body: JSON.stringify({ query }),
    });
    expect(response.status).toBe(500);
    expect(JSON.parse(await response.text())).toEqual({
      errors: [
        {
          message: 'The gateway failed. Its operators can find the reason in the log by this request id.',
          extensions: { code: 'INTERNAL_SERVER_ERROR', retryable: false, requestId: 'my-request' },
        },
      ],
    });
    const lines = log.map((line) => JSON.parse(line)).filter((line) => line.level === 'error');
    expect(lines).toMatchObject([{ requestId: 'my-request', msg, error: 'TypeError' }]);
    expect(log.join('')).not.toContain('canary');
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('a bug leaves the other fields of its operation as they are', async () => {
    const response = await fetch(`${url}/graphql?query={throws,fine}`, {
      headers: { 'apollo-require-preflight': 'true' },
    });
    expect(await response.json()).toMatchObject({ data: { throws: null, fine: 'fine' } });
  });
});

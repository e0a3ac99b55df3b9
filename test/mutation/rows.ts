/** Source files, and the tests that must fail when anything in them changes. */
export interface MutationRow {
  readonly files: readonly string[];
  /** Only fast tests, because they run once for each mutant. */
  readonly tests: readonly string[];
}

/** The rows that `npm run mutation` measures, by room. */
export const mutationRows: Readonly<Record<string, readonly MutationRow[]>> = {
  errors: [
    {
      files: [
        'src/errors/{authentication-errors,bad-request-error,document-refused-error,draining-error,forbidden-error,gateway-error,http-refusals,overloaded-error,rate-limited-error,request-timeout-error,upstream-call-error}.ts',
      ],
      tests: ['errors/http-refusals', 'errors/upstream-call-error'],
    },
    { files: ['src/errors/{complete-refusal,describe-error}.ts'], tests: ['graph/errors-plugin'] },
    { files: ['src/errors/source-map-stack.ts'], tests: ['errors/source-map-stack'] },
  ],
  access: [
    { files: ['src/access/authentication.ts'], tests: ['access/authentication'] },
    { files: ['src/access/bearer-token.ts'], tests: ['access/authentication'] },
    { files: ['src/access/token-cache.ts'], tests: ['access/token-cache'] },
    { files: ['src/access/{key-set,key-set-request}.ts'], tests: ['access/remote-key-set'] },
    {
      files: ['src/access/{caller,client-address,router-headers,scopes}.ts'],
      tests: ['access/caller', 'access/authentication'],
    },
    {
      files: ['src/access/{rate-limit-counter,redis-rate-limit-store}.ts'],
      tests: ['access/rate-limit-counter'],
    },
    { files: ['src/access/rate-limits.ts'], tests: ['access/rate-limit-counter'] },
    { files: ['src/access/trusted-documents.ts'], tests: ['access/trusted-manifest'] },
    { files: ['src/access/trusted-manifest.ts'], tests: ['access/trusted-manifest'] },
  ],
  graph: [
    { files: ['src/graph/{name-choices,plain-messages}.ts'], tests: ['graph/errors-plugin'] },
    { files: ['src/graph/redact-values.ts'], tests: ['graph/redact-values'] },
    { files: ['src/graph/redact-schema-names.ts'], tests: ['graph/redact-schema-names'] },
    { files: ['src/graph/errors-plugin.ts'], tests: ['graph/errors-plugin'] },
    {
      files: ['src/graph/{operation-complexity,operation-limits}.ts'],
      tests: ['graph/operation-complexity'],
    },
    { files: ['src/graph/operation-cost.ts'], tests: ['graph/operation-cost'] },
    { files: ['src/graph/error-path.ts'], tests: ['graph/error-path'] },
    { files: ['src/graph/idempotency-key.ts'], tests: ['graph/idempotency-key'] },
    { files: ['src/graph/input-validation.ts'], tests: ['customer-evaluation/to-stripe'] },
  ],
  admission: [
    { files: ['src/admission/concurrency-limiter.ts'], tests: ['admission/concurrency-limiter'] },
    { files: ['src/admission/fair-queue.ts'], tests: ['admission/fair-queue'] },
    { files: ['src/admission/rate-limiter.ts'], tests: ['admission/rate-limiter'] },
    { files: ['src/admission/admission-queue.ts'], tests: ['admission/admission-queue'] },
  ],
  stripe: [
    { files: ['src/stripe/http/response.ts'], tests: ['stripe/response'] },
    { files: ['src/stripe/customer-evaluation.wire.ts'], tests: ['stripe/customer-evaluation.wire'] },
    { files: ['src/stripe/http/error-mapping.ts'], tests: ['stripe/error-mapping'] },
    { files: ['src/stripe/http/form-encoding.ts'], tests: ['stripe/form-encoding'] },
    { files: ['src/stripe/http/retry-budget.ts'], tests: ['stripe/retry-budget'] },
    { files: ['src/stripe/http/retry-policy.ts'], tests: ['stripe/retry-policy'] },
    { files: ['src/stripe/versions.ts'], tests: ['stripe/versions'] },
    { files: ['src/stripe/http/breaker.ts'], tests: ['stripe/breaker'] },
    { files: ['src/stripe/http/deadline.ts'], tests: ['stripe/deadline'] },
    { files: ['src/stripe/http/single-flight.ts'], tests: ['stripe/single-flight'] },
    { files: ['src/stripe/http/transport.ts'], tests: ['stripe/transport'] },
    { files: ['src/stripe/http/{attempt,upstream-call}.ts'], tests: ['stripe/upstream-call'] },
    { files: ['src/stripe/customer-evaluations.ts'], tests: ['stripe/customer-evaluations'] },
    { files: ['src/stripe/http/per-account.ts'], tests: ['stripe/per-account'] },
    { files: ['src/stripe/http/growing-buffer.ts'], tests: ['stripe/growing-buffer'] },
    {
      files: ['src/stripe/http/{account-lane,account-lanes,stripe-client}.ts'],
      tests: ['stripe/stripe-client'],
    },
  ],
};

const onlyInAGateway = 'seen only in a gateway that runs, which takes too long to start for each mutant';

/** Files without a row, with the reason. All other files are in one. */
export const notMeasured: Readonly<Record<string, string>> = {
  'src/graph/api-schema.ts': onlyInAGateway,
  'src/graph/apollo-server.ts': onlyInAGateway,
  'src/graph/authorization.ts': onlyInAGateway,
  'src/graph/cost-limit-plugin.ts': onlyInAGateway,
  'src/graph/document-store.ts': onlyInAGateway,
  'src/graph/entities.ts': onlyInAGateway,
  'src/graph/failure-log.ts': onlyInAGateway,
  'src/graph/idempotent-mutation.ts': onlyInAGateway,
  'src/graph/known-operation-types.ts': onlyInAGateway,
  'src/graph/sdl-printer.ts': onlyInAGateway,
  'src/graph/subgraph-schema.ts': onlyInAGateway,
  'src/access/access.ts': onlyInAGateway,
  'src/access/permissions.ts': onlyInAGateway,
  'src/errors/error-codes.ts': 'a table',
  'src/errors/transport-codes.ts': 'two tables',
  'src/errors/failure-reason.ts':
    'its words are seen in the logs of a gateway whose Redis, key set or collector fails',
  'src/stripe/http/observer.ts': 'types alone',
  'src/stripe/http/account-keys.ts': onlyInAGateway,
  'src/stripe/http/json-body.ts': onlyInAGateway,
  'src/stripe/account-evaluations.ts': onlyInAGateway,
  'src/stripe/account-evaluation.wire.ts': onlyInAGateway,
  'src/stripe/http/call.ts': 'types, and one expression',
  'src/graph/graph-module.ts': 'types alone',
  'src/graph/graphql-context.ts': 'types alone',
  'src/stripe/http/outgoing-requests.ts': 'seen only through a proxy, in test/access/forward-proxy',
};

/** The minimum score for each room, in percent. The remaining mutants are equivalent. */
export const expectedScore = 90;

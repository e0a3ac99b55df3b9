/** Files of the product, and the tests that must notice when anything in them changes. */
export interface MutationRow {
  readonly files: readonly string[];
  /** Quick ones alone: they are run once for each mutant. */
  readonly tests: readonly string[];
}

/** By room, the rows that `npm run mutation` measures. */
export const mutationRows: Readonly<Record<string, readonly MutationRow[]>> = {
  errors: [
    {
      files: ['src/errors/without-values.ts'],
      tests: ['errors/without-values'],
    },
    {
      files: ['src/errors/without-names.ts'],
      tests: ['errors/without-names'],
    },
    {
      files: [
        'src/errors/{draining,failure,forbidden,http-refusals,overloaded,rate-limited,refusal,unauthenticated}.ts',
      ],
      tests: ['errors/http-refusals', 'errors/failure'],
    },
    {
      files: ['src/errors/{caller-facing,describe-bug}.ts'],
      tests: ['errors/caller-facing'],
    },
  ],
  access: [
    {
      files: ['src/access/{authentication,bearer-token,verified-tokens}.ts'],
      tests: ['access/authentication', 'access/verified-tokens'],
    },
    { files: ['src/access/key-set.ts'], tests: ['access/remote-key-set'] },
    {
      files: ['src/access/{caller,client-address,router-headers,scopes}.ts'],
      tests: ['access/caller', 'access/authentication'],
    },
    {
      files: ['src/access/{counters,rate-limits}.ts'],
      tests: ['access/counters'],
    },
    {
      files: ['src/access/{operation-limits,operation-measure}.ts'],
      tests: ['access/operation-measure'],
    },
    {
      files: ['src/access/{trusted-documents,trusted-manifest}.ts'],
      tests: ['access/trusted-manifest'],
    },
  ],
  stripe: [
    {
      files: ['src/stripe/{answer,failure-of,form-encoding,retry-budget,retry-policy,versions}.ts'],
      tests: [
        'stripe/answer',
        'stripe/failure-of',
        'stripe/form-encoding',
        'stripe/retry-budget',
        'stripe/retry-policy',
        'stripe/versions',
      ],
    },
    {
      files: ['src/stripe/{breaker,deadline,shared-calls}.ts'],
      tests: ['stripe/breaker', 'stripe/deadline', 'stripe/shared-calls'],
    },
    {
      files: ['src/stripe/admission/*.ts'],
      tests: ['stripe/admission/bulkhead', 'stripe/admission/waiting-line', 'stripe/admission/rate-ceiling'],
    },
  ],
};

/** In percent, of each room; what is left are changes that nobody could notice. */
export const expectedScore = 90;

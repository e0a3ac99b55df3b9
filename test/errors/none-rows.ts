import { readFileSync } from 'node:fs';
import { table } from '../../docs/source/table.ts';

/** A place in the code that promises `effect: NONE`. */
export interface NoneRow {
  readonly file: string;
  readonly says: string;
  /** How the gateway knows that nothing happened. */
  readonly since: string;
  readonly test: { readonly file: string; readonly name: string };
}

export const noneRows: readonly NoneRow[] = [
  {
    file: 'src/errors/http-refusals.ts',
    says: 'any refusal before GraphQL, below status 500',
    since:
      'an operation runs only after its whole request was read and admitted; a bug (500) promises nothing',
    test: { file: 'test/http/refusals.test.ts', name: 'is answered in GraphQL’s form, with all headers' },
  },
  {
    file: 'src/http/client-error-handler.ts',
    says: 'bytes that are not a valid request (400, 408, 431)',
    since: 'there is a response only if no earlier request on the connection is in flight',
    test: {
      file: 'test/faults/hostile-clients.test.ts',
      name: 'do not replace its own response, and then the connection is closed',
    },
  },
  {
    file: 'src/graph/errors-plugin.ts',
    says: '`FORBIDDEN`, `RATE_LIMITED` or `OVERLOADED` for a field or an operation',
    since:
      'a `GatewayError` is thrown before anything is sent for that field; below a mutation’s field, such as for `signals`, the effect is `UNKNOWN`',
    test: {
      file: 'test/access/rate-limits.test.ts',
      name: 'rate limits refuse a whole document that asks for more calls than are left',
    },
  },
  {
    file: 'src/errors/complete-refusal.ts',
    says: 'a request, document, variable or argument that GraphQL refuses; a response that is too large',
    since:
      'no mutation of the request had an idempotency key yet; otherwise the effect is `UNKNOWN`, and the error lists the keys',
    test: {
      file: 'test/http/graphql-refusals.test.ts',
      name: 'says that nothing happened only if no mutation was run',
    },
  },
  {
    file: 'src/graph/entities.ts',
    says: 'too many entities',
    since: 'counted before the first is retrieved, and a retrieval changes nothing',
    test: {
      file: 'test/federation/entities.test.ts',
      name: 'are at most a hundred in one request; a thousand are refused, and none is fetched',
    },
  },
  {
    file: 'src/customer-evaluation/customer-evaluation.loader.ts',
    says: 'a failed retrieval',
    since: 'a retrieval changes nothing',
    test: { file: 'test/federation/entities.test.ts', name: 'fail alone, with the code of what happened' },
  },
  {
    file: 'src/graph/idempotency-key.ts',
    says: 'an invalid idempotency key',
    since: 'refused before the call is made',
    test: {
      file: 'test/graph/idempotency-key.test.ts',
      name: 'is refused exactly when it is not 1 to 255 printable ASCII characters',
    },
  },
  {
    file: 'src/customer-evaluation/v1/capabilities.ts',
    says: 'something that the version of v1 does not support',
    since: 'refused before the call is made',
    test: {
      file: 'test/customer-evaluation/to-stripe.test.ts',
      name: 'is unsupported by an older version of the upstream, and the error names each field',
    },
  },
  {
    file: 'src/customer-evaluation/v1/report-to-stripe.ts',
    says: 'a report without a value that this version of v1 requires',
    since: 'refused before the call is made',
    test: {
      file: 'test/journey/report-customer-evaluation.test.ts',
      name: 'Stripe gets the parts of $json that its API supports, and the client gets warnings for the rest',
    },
  },
  {
    file: 'src/customer-evaluation/reported-decision.ts',
    says: 'an event that is not a business decision',
    since: 'refused before the call is made',
    test: {
      file: 'test/journey/report-customer-evaluation.test.ts',
      name: 'Stripe gets the parts of $json that its API supports, and the client gets warnings for the rest',
    },
  },
  {
    file: 'src/customer-evaluation/v2/report-to-stripe.ts',
    says: 'a report that v2 cannot express',
    since: 'refused before it is posted; a retrieval changes nothing',
    test: {
      file: 'test/journey/account-evaluations.test.ts',
      name: 'the report $written, which would not be true, is not posted',
    },
  },
  {
    file: 'src/customer-evaluation/v2/account-evaluations-api.ts',
    says: 'a report on an evaluation that does not exist',
    since: 'refused before it is posted',
    test: {
      file: 'test/journey/account-evaluations.test.ts',
      name: 'a report on an evaluation that cannot be read is not posted',
    },
  },
  {
    file: 'src/customer-evaluation/v2/to-stripe.ts',
    says: 'a person who is not a Stripe customer',
    since: 'refused before the call is made',
    test: {
      file: 'test/journey/account-evaluations.test.ts',
      name: 'the v2 API refuses $what by its path, and sends nothing',
    },
  },
  {
    file: 'src/graph/input-validation.ts',
    says: 'a field that Stripe would refuse',
    since: 'refused before the call is made',
    test: { file: 'test/journey/illegal-input.test.ts', name: 'names each of many problems' },
  },
  {
    file: 'src/stripe/http/account-keys.ts',
    says: 'an account without a key',
    since: 'refused before the call is made',
    test: {
      file: 'test/journey/stripe-accounts.test.ts',
      name: 'an account without a key is refused, and the log names it',
    },
  },
  {
    file: 'src/stripe/http/single-flight.ts',
    says: 'an idempotency key that is in use with another input',
    since: 'nothing is sent for this input',
    test: {
      file: 'test/faults/client-faults.test.ts',
      name: 'the gateway refuses another input under a key whose call is in flight',
    },
  },
  {
    file: 'src/stripe/http/upstream-call.ts',
    says: 'a retrieval; an open breaker; no connection',
    since:
      'a retrieval changes nothing; in the other cases nothing was sent. One earlier attempt that may have had an effect makes it `UNKNOWN`',
    test: {
      file: 'test/stripe/upstream-call.test.ts',
      name: 'a call to the upstream may have had an effect if any of its attempts may have had one',
    },
  },
  {
    file: 'src/stripe/http/account-lane.ts',
    says: 'a call that got no slot in time',
    since: 'it was never sent',
    test: {
      file: 'test/stripe/stripe-client.test.ts',
      name: 'the Stripe client with a rate limit lets a call wait for half of its remaining time, and then rejects it',
    },
  },
  {
    file: 'src/stripe/http/error-mapping.ts',
    says: 'a 4xx from Stripe, or an attempt that sent nothing',
    since: 'Stripe refuses before it evaluates; if anything else was sent, the effect is `UNKNOWN`',
    test: {
      file: 'test/faults/history.test.ts',
      name: 'is consistent under faults and kills',
    },
  },
];

/** The whole name of a row's test, which stands on a line of its own; what varies is left out. */
function nameOf({ file, name }: NoneRow['test']): string {
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((each) => each.includes(name));
  return line?.split("'")[1]?.replaceAll(/\$[\w.]+|%[a-z]/g, '…') ?? name;
}

/** For docs/failures.md. */
export function noneTable(): string {
  return table(
    ['what is refused', 'why nothing happened', 'where', 'test'],
    noneRows.map(({ file, says, since, test }) => [
      says,
      since,
      `\`${file}\``,
      `\`${test.file}\`: ${nameOf(test)}`,
    ]),
  );
}

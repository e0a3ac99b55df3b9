/** Something that is done to the gateway from outside, and what it answers. */
export interface AttackRow {
  readonly attack: string;
  readonly outcome: string;
  readonly test: { readonly file: string; readonly name: string };
}

export const attackRows: readonly AttackRow[] = [
  {
    attack: 'a request body in chunks of one byte',
    outcome: 'memory by its bytes alone; refused beyond 4,096 pieces',
    test: {
      file: 'test/faults/hostile-clients.test.ts',
      name: 'costs no more memory than its bytes, over a hundred connections, and is refused',
    },
  },
  {
    attack: 'an upstream response in chunks of one byte, without an end, or behind endless interim responses',
    outcome: '`UPSTREAM_INVALID_RESPONSE`, one attempt, memory bounded',
    test: {
      file: 'test/faults/upstream-pieces.test.ts',
      name: 'ends no gateway and is refused without a repeat, in eight calls at once',
    },
  },
  {
    attack: 'a small request whose answer is large, and a client that reads nothing',
    outcome: 'at most 20 errors and 1 MiB per answer; cut off after `RESPONSE_TIMEOUT_MS`',
    test: {
      file: 'test/faults/hostile-readers.test.ts',
      name: 'cuts off a client that does not read in time, counts it, and serves the others',
    },
  },
  {
    attack: 'entities as the default value of a variable, or in any other form that a text hides',
    outcome: 'charged as what runs; refused before the first call',
    test: {
      file: 'test/graph/operation-cost.test.ts',
      name: 'counts a list in a variable’s default value, so that a minute’s limit is one of calls to Stripe',
    },
  },
  {
    attack: 'garbage behind a mutation, on the same connection',
    outcome: 'the mutation gets its own answer, then the connection closes',
    test: {
      file: 'test/faults/hostile-clients.test.ts',
      name: 'do not replace its own response, and then the connection is closed',
    },
  },
  {
    attack: 'an overload in the middle of an operation of two mutations',
    outcome: 'status 200, the failure in its field: no client repeats what was done',
    test: {
      file: 'test/faults/partial-answers.test.ts',
      name: 'a partly refused operation is answered with 200 once one of its mutations was made, so that no client retries that one by itself',
    },
  },
  {
    attack: 'short deadlines from all callers, after an outage and during one',
    outcome: 'the circuit breaker closes, and opens, as with any others',
    test: {
      file: 'test/faults/short-deadlines.test.ts',
      name: 'the breaker opens by failures other than timeouts, however little time was left',
    },
  },
  {
    attack: 'bytes at full speed from callers without credentials',
    outcome: '401 before the body is read, and the connection closes',
    test: {
      file: 'test/faults/hostile-clients.test.ts',
      name: 'reads no body of an unauthenticated caller',
    },
  },
  {
    attack: 'variables that are wrong in 31,000 places',
    outcome: 'the first five are reported; work as for a valid request of that size',
    test: {
      file: 'test/access/wrong-input.test.ts',
      name: 'a request with thousands of faults is answered with the first few, at no more cost than a valid one: %s',
    },
  },
  {
    attack: 'one caller’s short deadline, or disconnect, on a call that it shares with another',
    outcome: 'each is answered by its own deadline; the call goes on while one waits',
    test: {
      file: 'test/faults/short-deadlines.test.ts',
      name: 'a shared call has the latest deadline of its callers, and each is answered by its own',
    },
  },
  {
    attack: 'text made to slow down regular expressions, also in headers of the upstream',
    outcome: 'every expression is linear; only ids that look like one are passed on',
    test: {
      file: 'test/recheck/regular-expressions.test.ts',
      name: 'the work of each regular expression of the server grows only linearly with its text',
    },
  },
  {
    attack: 'documents that do not parse, bodies that are no JSON, in floods',
    outcome: 'each is charged one call, to the caller and the address',
    test: {
      file: 'test/access/wasted-work.test.ts',
      name: 'is charged to the address as well, however many callers it has',
    },
  },
  {
    attack: 'refused tokens in floods',
    outcome: 'limited by address; the log sums them up once a minute',
    test: {
      file: 'test/access/refused-callers-log.test.ts',
      name: 'the log has two lines for each reason of refusal, however many tokens were bad',
    },
  },
  {
    attack: 'a clock set back while Redis counts',
    outcome: 'callers are let in again when their minute has ended',
    test: {
      file: 'test/access/redis-cases.test.ts',
      name: 'a gateway with counters in Redis admits a caller again when its minute in Redis has ended, although the clock was set back an hour',
    },
  },
  {
    attack: 'an upstream that answers about another evaluation than asked',
    outcome: '`UPSTREAM_INVALID_RESPONSE`',
    test: {
      file: 'test/faults/upstream-answers-in-the-wild.test.ts',
      name: 'is not returned to a retrieval',
    },
  },
  {
    attack: 'a router that sends an empty subject for two people',
    outcome: 'refused: no two people share an idempotency scope',
    test: {
      file: 'test/access/shared-scopes.test.ts',
      name: 'the scope of an idempotency key is refused to a token with the subject %j',
    },
  },
  {
    attack: 'one evaluation of the sandbox, reported for ever',
    outcome: 'the last hundred reports are kept',
    test: {
      file: 'test/faults/hostile-readers.test.ts',
      name: 'keeps the last hundred reports of an evaluation, however many come',
    },
  },
  {
    attack: 'a page whose host name resolves to a developer’s machine (DNS rebinding)',
    outcome: '421: only the names of this machine and `ALLOWED_HOSTS` are answered',
    test: {
      file: 'test/http/hosts-and-origins.test.ts',
      name: 'answers only to the names of ALLOWED_HOSTS if that is set',
    },
  },
  {
    attack: 'one person, by token and through a router',
    outcome: 'one idempotency scope by issuer and subject',
    test: {
      file: 'test/access/shared-scopes.test.ts',
      name: 'the scope of an idempotency key is not shared by equal subjects of different issuers, nor by a subject without an issuer',
    },
  },
  {
    attack: 'any sequence of chunk sizes, pauses, halves and pipelined requests',
    outcome: 'a valid HTTP response or a closed connection; memory and sockets return to their baseline',
    test: { file: 'test/faults/byte-fuzz.test.ts', name: '' },
  },
];

export function attackTable(): string {
  const rows = attackRows.map(({ attack, outcome, test }) => `| ${attack} | ${outcome} | \`${test.file}\` |`);
  return ['| attack | outcome | shown by |', '| --- | --- | --- |', ...rows].join('\n');
}

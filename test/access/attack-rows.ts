/** An attack on the gateway from outside, and its result. */
export interface AttackRow {
  readonly attack: string;
  readonly outcome: string;
  readonly test: { readonly file: string; readonly name: string };
}

export const attackRows: readonly AttackRow[] = [
  {
    attack: 'a request body in chunks of one byte',
    outcome: 'memory grows with its bytes only; more than 4,096 chunks are refused',
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
    attack: 'thousands of tiny requests on one connection, whose responses are never read',
    outcome: 'at most 32 requests in progress on a connection, which is closed above that',
    test: {
      file: 'test/faults/hostile-readers.test.ts',
      name: 'disconnects a client that pipelines requests without reading',
    },
  },
  {
    attack: 'a small request with a large response, and a client that never reads it',
    outcome: 'at most 20 errors and 1 MiB per response; cut off after `RESPONSE_TIMEOUT_MS`',
    test: {
      file: 'test/faults/hostile-readers.test.ts',
      name: 'cuts off a client that does not read in time, counts it, and serves the others',
    },
  },
  {
    attack: 'documents that are each sent once, of thousands of comments or one of a megabyte',
    outcome:
      'at most as many comments as tokens; documents are kept within 25 MB of memory, measured with comments',
    test: {
      file: 'test/graph/document-store.test.ts',
      name: 'the gateway refuses documents of more comments than MAX_TOKENS, and they do not end a process with a small heap',
    },
  },
  {
    attack: 'entities hidden in the default value of a variable, or elsewhere in the document',
    outcome: 'charged for what would run; refused before the first call',
    test: {
      file: 'test/graph/operation-cost.test.ts',
      name: 'counts a list in a variable’s default value, so that a minute’s limit is one of calls to Stripe',
    },
  },
  {
    attack: 'garbage behind a mutation, on the same connection',
    outcome: 'the mutation gets its own response, then the connection closes',
    test: {
      file: 'test/faults/hostile-clients.test.ts',
      name: 'do not replace its own response, and then the connection is closed',
    },
  },
  {
    attack: 'overload between the two mutations of one operation',
    outcome: 'status 200, with the failure in its field: no client retries the mutation that succeeded',
    test: {
      file: 'test/faults/partial-answers.test.ts',
      name: 'a partly refused operation is answered with 200 once one of its mutations was made, so that no client retries that one by itself',
    },
  },
  {
    attack: 'short deadlines from all callers, after an outage and during one',
    outcome: 'the circuit breaker closes and opens as with long ones',
    test: {
      file: 'test/faults/short-deadlines.test.ts',
      name: 'the breaker opens by failures other than timeouts, however little time was left',
    },
  },
  {
    attack: 'uploads at full speed from unauthenticated callers',
    outcome: '401 before the body is read, and the connection closes',
    test: {
      file: 'test/faults/hostile-clients.test.ts',
      name: 'reads no body of an unauthenticated caller',
    },
  },
  {
    attack: 'variables that are wrong in 31,000 places',
    outcome: 'the first five are reported, at the cost of a valid request of that size',
    test: {
      file: 'test/access/wrong-input.test.ts',
      name: 'a request with thousands of faults is answered with the first few, at no more cost than a valid one: %s',
    },
  },
  {
    attack: 'a short deadline or disconnect of one of two callers that share a call',
    outcome: 'each gets a response by its own deadline; the call continues while one of them waits',
    test: {
      file: 'test/faults/short-deadlines.test.ts',
      name: 'a shared call has the latest deadline of its callers, and each is answered by its own',
    },
  },
  {
    attack: 'text crafted to slow down regular expressions, upstream headers included',
    outcome: 'every expression is linear; only well-formed ids are passed on',
    test: {
      file: 'test/recheck/regular-expressions.test.ts',
      name: 'the work of each regular expression of the server grows only linearly with its text',
    },
  },
  {
    attack: 'floods of documents that do not parse and bodies that are not JSON',
    outcome: 'each is charged one call, to the caller and the address',
    test: {
      file: 'test/access/wasted-work.test.ts',
      name: 'is charged to the address as well, however many callers it has',
    },
  },
  {
    attack: 'floods of invalid tokens',
    outcome: 'limited by address; the log counts them once a minute',
    test: {
      file: 'test/access/refused-callers-log.test.ts',
      name: 'the log has two lines for each reason of refusal, however many tokens were bad',
    },
  },
  {
    attack: 'a clock set back while Redis counts',
    outcome: 'callers are admitted again when their minute has ended',
    test: {
      file: 'test/access/redis-cases.test.ts',
      name: 'a gateway with counters in Redis admits a caller again when its minute in Redis has ended, although the clock was set back an hour',
    },
  },
  {
    attack: 'an upstream that returns another evaluation than the one requested',
    outcome: '`UPSTREAM_INVALID_RESPONSE`',
    test: {
      file: 'test/faults/upstream-answers-in-the-wild.test.ts',
      name: 'is not returned to a retrieval',
    },
  },
  {
    attack: 'a router that sends an empty subject for several people',
    outcome: 'refused: no two people share an idempotency scope',
    test: {
      file: 'test/access/shared-scopes.test.ts',
      name: 'the scope of an idempotency key is refused to a token with the subject %j',
    },
  },
  {
    attack: 'endless reports of one evaluation in the sandbox',
    outcome: 'the last hundred reports are kept',
    test: {
      file: 'test/faults/hostile-readers.test.ts',
      name: 'keeps the last hundred reports of an evaluation, however many come',
    },
  },
  {
    attack: 'a page whose host name resolves to a developer’s machine (DNS rebinding)',
    outcome: '421: only the machine’s own names and `ALLOWED_HOSTS` are accepted',
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

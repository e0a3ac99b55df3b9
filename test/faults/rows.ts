import { gzipSync } from 'node:zlib';
import type { FailureCode } from '../../src/errors/error-codes.ts';
import type { Effect } from '../../src/errors/upstream-call-error.ts';
import {
  answers,
  cutOff,
  drip,
  type Fault,
  hang,
  late,
  raw,
  reset,
  status,
  succeed,
} from '../harness/faulty-upstream.ts';

/** A fault of the upstream or on the way to it, and what a caller gets. */
export interface FaultRow {
  /** As in the README's table. */
  readonly when: string;
  /** Tested with a gateway of its own as well, whose calls name no account. */
  readonly onDefaultGateway?: true;
  /** The faults of the first requests; with `forEver`, the last one is repeated. */
  readonly faults: readonly Fault[];
  readonly forEver?: true;
  /** Attempts run out of time. */
  readonly hasSlowAttempts?: true;
  readonly outcome: 'ok' | FailureCode;
  readonly effect?: Effect;
  /** The requests of the first call. */
  readonly requests: number;
  /**
   * The effects after the upstream has recovered and the caller has retried with the same key until a final response.
   */
  readonly effects: 0 | 1;
  readonly retryAfterMs?: number;
  /** If it differs from the default of the code. */
  readonly retryable?: boolean;
}

/** The settings of a row: long timeouts for busy machines, unless the row is about timeouts. */
export const rowSettings = ({ hasSlowAttempts, outcome }: FaultRow): Record<string, string> => ({
  // An attempt that succeeds needs more on a busy machine.
  UPSTREAM_TIMEOUT_MS: !hasSlowAttempts ? '10000' : outcome === 'ok' ? '2000' : '400',
  UPSTREAM_DEADLINE_MS: '20000',
});

const ok = { outcome: 'ok', effects: 1 } as const;
const unavailable = { outcome: 'UPSTREAM_UNAVAILABLE', effect: 'UNKNOWN' } as const;
const invalid = { outcome: 'UPSTREAM_INVALID_RESPONSE', effect: 'UNKNOWN', requests: 1, effects: 1 } as const;
const limited = { outcome: 'UPSTREAM_RATE_LIMITED', effect: 'NONE', effects: 1 } as const;
const megabyte = 1024 * 1024;

/** An error from a proxy or firewall: HTML, without a `Request-Id`. */
const html =
  (code: number): Fault =>
  ({ response }) => {
    response.writeHead(code, { 'content-type': 'text/html' }).end('<html><h1>canary</h1></html>');
  };

/** The correct response with one change. */
const altered =
  (alter: (body: string) => string): Fault =>
  ({ response, takeEffect }) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(alter(takeEffect()));
  };

export const faultRows: readonly FaultRow[] = [
  // Faults on the way to the upstream.
  { when: 'the connection is reset before Stripe evaluates', faults: [reset('before')], ...ok, requests: 2 },
  {
    when: 'the connection is reset after Stripe evaluated',
    onDefaultGateway: true,
    faults: [reset('after')],
    ...ok,
    requests: 2,
  },
  {
    when: 'the connection is reset each time',
    faults: [reset('before')],
    forEver: true,
    ...unavailable,
    requests: 3,
    effects: 1,
  },
  { when: 'the response is slow, but within the attempt timeout', faults: [late(200)], ...ok, requests: 1 },
  {
    when: 'the response is slower than the attempt timeout',
    faults: [hang],
    hasSlowAttempts: true,
    ...ok,
    requests: 2,
  },
  {
    when: 'there is never a response',
    onDefaultGateway: true,
    faults: [hang],
    forEver: true,
    hasSlowAttempts: true,
    outcome: 'UPSTREAM_TIMEOUT',
    effect: 'UNKNOWN',
    requests: 3,
    effects: 1,
  },
  {
    when: 'the response trickles in too slowly',
    faults: [drip(10)],
    hasSlowAttempts: true,
    ...ok,
    requests: 2,
  },
  { when: 'the response ends before its body', faults: [cutOff(() => 0)], ...ok, requests: 2 },
  { when: 'the response ends after one byte of body', faults: [cutOff(() => 1)], ...ok, requests: 2 },
  {
    when: 'the response ends in the middle',
    faults: [cutOff((length) => length / 2)],
    ...ok,
    requests: 2,
  },
  {
    when: 'the response ends before its last byte',
    faults: [cutOff((length) => length - 1)],
    ...ok,
    requests: 2,
  },

  // Statuses of the upstream.
  { when: '429 once', faults: [status(429)], ...ok, requests: 2 },
  {
    when: '429 every time',
    onDefaultGateway: true,
    faults: [status(429)],
    forEver: true,
    ...limited,
    requests: 3,
    retryAfterMs: 1000,
  },
  {
    when: '429 once, with `Retry-After: 1`',
    faults: [status(429, {}, { 'retry-after': '1' })],
    ...ok,
    requests: 2,
  },
  {
    when: '429 with a `Retry-After` beyond the deadline',
    faults: [status(429, {}, { 'retry-after': '3600' })],
    ...limited,
    requests: 1,
    retryAfterMs: 3_600_000,
  },
  {
    when: '429 with a `Retry-After` that is a date',
    faults: [status(429, {}, { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' })],
    ...limited,
    requests: 1,
    retryAfterMs: 1000,
  },
  {
    when: '429 with a negative `Retry-After`',
    faults: [status(429, {}, { 'retry-after': '-1' })],
    ...limited,
    requests: 1,
    retryAfterMs: 1000,
  },
  { when: '409, another request holds the key', faults: [status(409)], ...ok, requests: 2 },
  { when: '500 once', faults: [status(500)], ...ok, requests: 2 },
  { when: '500 twice', faults: [status(500), status(500)], ...ok, requests: 3 },
  {
    when: '500 every time',
    onDefaultGateway: true,
    faults: [status(500)],
    forEver: true,
    ...unavailable,
    requests: 3,
    effects: 1,
  },
  { when: '502 once', faults: [status(502)], ...ok, requests: 2 },
  { when: '503 once', faults: [status(503)], ...ok, requests: 2 },
  { when: '504 once, after Stripe evaluated', faults: [status(504, {}, {}, true)], ...ok, requests: 2 },
  { when: '424 once', faults: [status(424)], ...ok, requests: 2 },
  ...[407, 408, 425, 460, 499].map(
    (code): FaultRow => ({
      when: `${code} once, from a proxy in between`,
      faults: [html(code)],
      ...ok,
      requests: 2,
    }),
  ),
  { when: '403 once, from a firewall, as HTML', faults: [html(403)], ...ok, requests: 2 },
  {
    when: '408 every time, from a proxy in between',
    faults: [html(408)],
    forEver: true,
    ...unavailable,
    requests: 3,
    effects: 1,
  },
  {
    when: '500 with `Idempotent-Replayed: true`: the key is spent',
    faults: [status(500, {}, { 'idempotent-replayed': 'true' })],
    ...unavailable,
    retryable: false,
    requests: 1,
    effects: 0,
  },
  {
    when: '500, then the same replayed: the key is spent',
    faults: [status(500), status(500, {}, { 'idempotent-replayed': 'true' })],
    ...unavailable,
    retryable: false,
    requests: 2,
    effects: 0,
  },
  {
    when: '404 for an unknown id, with `param: null`',
    faults: [status(404, { type: 'invalid_request_error', code: 'resource_missing', param: null })],
    outcome: 'NOT_FOUND',
    effect: 'NONE',
    requests: 1,
    effects: 0,
  },
  {
    when: '400 once, with `Stripe-Should-Retry: true`',
    faults: [status(400, { param: 'event_type' }, { 'stripe-should-retry': 'true' })],
    ...ok,
    requests: 2,
  },
  {
    when: '503 with `Stripe-Should-Retry: false`',
    faults: [status(503, {}, { 'stripe-should-retry': 'false' })],
    ...unavailable,
    requests: 1,
    effects: 1,
  },
  {
    when: '400 that names a parameter',
    faults: [
      status(400, {
        type: 'invalid_request_error',
        param: 'evaluation_context[0][client_details][radar_session]',
      }),
    ],
    outcome: 'BAD_USER_INPUT',
    effect: 'NONE',
    requests: 1,
    effects: 0,
  },
  {
    when: 'the key was used with another input',
    faults: [status(400, { type: 'idempotency_error' })],
    outcome: 'IDEMPOTENCY_CONFLICT',
    effect: 'NONE',
    requests: 1,
    effects: 0,
  },
  {
    when: '401',
    faults: [status(401)],
    outcome: 'UPSTREAM_REFUSED',
    effect: 'NONE',
    requests: 1,
    effects: 0,
  },
  {
    when: '403',
    faults: [status(403)],
    outcome: 'UPSTREAM_REFUSED',
    effect: 'NONE',
    requests: 1,
    effects: 0,
  },
  {
    when: '404 for the URL itself',
    faults: [status(404)],
    outcome: 'UPSTREAM_UNSUPPORTED',
    effect: 'NONE',
    requests: 1,
    effects: 0,
  },
  ...[301, 302, 303, 307, 308].map(
    (code): FaultRow => ({
      when: `${code} to another host`,
      faults: [status(code, {}, { location: 'http://127.0.0.1:9/' }, true)],
      ...invalid,
    }),
  ),

  // Invalid responses.
  { when: '200 with HTML', faults: [answers('<html></html>', { 'content-type': 'text/html' })], ...invalid },
  { when: '200 with an empty body', faults: [answers('')], ...invalid },
  { when: '200 with `null`', faults: [answers('null')], ...invalid },
  { when: '200 with `[]`', faults: [answers('[]')], ...invalid },
  { when: '200 with half of its JSON', faults: [answers('{"id":"ceval_1",')], ...invalid },
  { when: '200 with a byte order mark', faults: [answers('\uFEFF{}')], ...invalid },
  {
    when: '200 with JSON nested 100,000 deep',
    faults: [answers('['.repeat(100_000) + ']'.repeat(100_000))],
    ...invalid,
  },
  {
    when: '200 with another event type',
    faults: [
      altered((body) =>
        body.replace('"registration"', '"login"').replaceAll('user_multi_accounting', 'user_account_sharing'),
      ),
    ],
    ...invalid,
  },
  {
    when: '200 with a time in milliseconds',
    faults: [
      altered((body) =>
        body.replace(/("created_at":|"created":)[^,]+/, (_, name: string) => `${name}1715769600000`),
      ),
    ],
    ...invalid,
  },
  { when: 'a response of 10 MB', faults: [answers(' '.repeat(10 * megabyte))], ...invalid },
  {
    when: 'an endless response',
    faults: [
      ({ response, takeEffect }) => {
        takeEffect();
        response.writeHead(200, { 'content-type': 'application/json' });
        const pour = (): void => {
          while (!response.destroyed && response.write(' '.repeat(65_536)));
          if (!response.destroyed) response.once('drain', pour);
        };
        pour();
      },
    ],
    ...invalid,
  },
  {
    when: 'a response compressed a thousand to one',
    faults: [answers(gzipSync(' '.repeat(megabyte)), { 'content-encoding': 'gzip' })],
    ...invalid,
  },
  {
    when: 'a response in twenty encodings',
    faults: [answers('x', { 'content-encoding': Array(20).fill('gzip').join(', ') })],
    ...invalid,
  },
  {
    when: '100 kB of headers',
    faults: [
      answers('{}', Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`x-${n}`, 'y'.repeat(1000)]))),
    ],
    ...invalid,
  },
  { when: 'bytes that are not HTTP', faults: [raw('SSH-2.0-OpenSSH_9.9\r\n')], ...invalid },
  {
    when: 'a status that does not exist in HTTP',
    faults: [raw('HTTP/1.1 777 Odd\r\ncontent-length: 0\r\n\r\n')],
    ...invalid,
  },
  {
    when: 'a storm of interim responses before the final one',
    faults: [
      (victim) => {
        for (let count = 0; count < 100; count += 1) victim.socket.write('HTTP/1.1 103 Early Hints\r\n\r\n');
        succeed(victim);
      },
    ],
    ...ok,
    requests: 1,
  },
];

/** The README's table of the same rows. */
export function faultTable(): string {
  const lines = faultRows.map(({ when, outcome, effect, requests, effects }) => {
    const met = outcome === 'ok' ? 'an evaluation' : `\`${outcome}\`, effect \`${effect}\``;
    return `| ${when} | ${met} | ${requests} | ${effects} |`;
  });
  return [
    '| when | the caller gets | requests | evaluations, after a repeat with the key |',
    '| --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

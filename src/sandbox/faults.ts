import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

/** A fault instead of a correct response. */
export interface SandboxFault {
  /** For the table in docs/sandbox.md. */
  readonly does: string;
  /** Whether the request is processed before the fault. */
  readonly processesFirst: boolean;
  /** Writes the faulty response, if any; `body` is the correct one, empty if the request was not processed. */
  readonly write: (response: ServerResponse, body: string) => void;
}

const json = { 'content-type': 'application/json' };
const megabyte = 1024 * 1024;

const answersStatus = (
  code: number,
  headers: Record<string, string> = {},
  error: object = {},
): SandboxFault => ({
  does: `responds with ${[code, ...Object.entries(headers).map((header) => header.join(': '))].join(', ')}`,
  processesFirst: false,
  write: (response) =>
    response
      .writeHead(code, { ...json, ...headers })
      .end(JSON.stringify({ error: { type: 'api_error', ...error } })),
});

/** A body that takes long to make is a function, called for each response. */
const answersBody = (
  does: string,
  body: string | (() => Buffer),
  headers: Record<string, string> = {},
): SandboxFault => ({
  does: `processes the request, then responds with ${does}`,
  processesFirst: true,
  write: (response) =>
    response.writeHead(200, { ...json, ...headers }).end(typeof body === 'string' ? body : body()),
});

/**
 * Everything that an upstream, or the network to it, can do to a gateway, by word: `sandbox_reset` for every request,
 * `sandbox_once_reset` for the first request of each idempotency key.
 */
export const sandboxFaults: Readonly<Record<string, SandboxFault>> = {
  reset: {
    does: 'resets the connection without processing the request',
    processesFirst: false,
    write: (response) => response.socket?.resetAndDestroy(),
  },
  reset_after: {
    does: 'processes the request, then resets the connection',
    processesFirst: true,
    write: (response) => response.socket?.resetAndDestroy(),
  },
  hang: { does: 'processes the request, and never responds', processesFirst: true, write: () => undefined },
  drip: {
    does: 'processes the request, then responds with a byte every 100 ms',
    processesFirst: true,
    write: (response, body) => {
      const bytes = Buffer.from(body);
      response.writeHead(200, { ...json, 'content-length': bytes.length });
      let sent = 0;
      const timer = setInterval(() => {
        if (sent < bytes.length) response.write(bytes.subarray(sent, sent + 1));
        else response.end();
        sent += 1;
      }, 100);
      response.on('close', () => clearInterval(timer));
    },
  },
  cut_off: {
    does: 'processes the request, then breaks off in the middle of the response',
    processesFirst: true,
    write: (response, body) => {
      response.writeHead(200, { ...json, 'content-length': Buffer.byteLength(body) });
      response.write(body.slice(0, body.length / 2), () => response.destroy());
    },
  },
  html: answersBody('HTML', '<!doctype html><title>Bad gateway</title>', { 'content-type': 'text/html' }),
  empty: answersBody('an empty body', ''),
  null: answersBody('`null`', 'null'),
  array: answersBody('`[]`', '[]'),
  half_json: answersBody('half of its JSON', '{"id":"ceval_'),
  bom: answersBody('a byte order mark before the JSON', '\uFEFF{}'),
  deep: answersBody('JSON 100,000 deep', '['.repeat(100_000) + ']'.repeat(100_000)),
  big: answersBody('10 MB', ' '.repeat(10 * megabyte)),
  gzip: answersBody('a body compressed a thousand to one', () => gzipSync(' '.repeat(megabyte)), {
    'content-encoding': 'gzip',
  }),
  headers: answersBody(
    '100 kB of headers',
    '{}',
    Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`x-${index}`, 'y'.repeat(1000)])),
  ),
  no_http: {
    does: 'processes the request, then writes bytes that are not HTTP',
    processesFirst: true,
    write: (response) => response.socket?.end('SSH-2.0-OpenSSH_9.9\r\n'),
  },
  redirect: {
    does: 'processes the request, then redirects with 307 to another host',
    processesFirst: true,
    write: (response) => response.writeHead(307, { location: 'http://127.0.0.1:9/' }).end(),
  },
  retry_after_1: answersStatus(429, { 'retry-after': '1' }),
  retry_after_3600: answersStatus(429, { 'retry-after': '3600' }),
  crash: answersStatus(500),
  down: answersStatus(503),
  should_retry: answersStatus(400, { 'stripe-should-retry': 'true' }, { param: 'event_type' }),
  should_not_retry: answersStatus(503, { 'stripe-should-retry': 'false' }),
};

/** Not drawn at random: each would cost a demo or soak test seconds per call. */
const notDrawn = new Set(['hang', 'drip', 'retry_after_3600']);
const drawn = Object.keys(sandboxFaults).filter((name) => !notDrawn.has(name));

export function pickRandomFault(): SandboxFault | undefined {
  return sandboxFaults[drawn[Math.floor(Math.random() * drawn.length)] ?? ''];
}

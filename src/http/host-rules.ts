import type { IncomingMessage } from 'node:http';
import { BadRequestError } from '../errors/bad-request-error.ts';

/** A host and port as RFC 3986, 3.2.2 has them, as far as anybody uses it. */
const hostAndPort = /^(?<host>\[[\da-f:.]+\]|[\w.~!$&'()*+,;=-]*)(?::\d{0,5})?$/i;

/**
 * Finds fault with the `Host` of a request. Node checks only that there is one, and answers in a form of its own.
 * `allowed` are the names to answer to; any, if undefined. A page whose name was made to resolve to this machine
 * (DNS rebinding) has the browser send that name, which is not among them.
 */
export function hostFault(
  { headers, httpVersion, rawHeaders, url }: IncomingMessage,
  allowed: ReadonlySet<string> | undefined,
): BadRequestError | undefined {
  const { host } = headers;
  // RFC 9112, 3.2: exactly one, and none is needed before HTTP/1.1.
  if (host === undefined) return httpVersion === '1.0' ? undefined : BadRequestError.badHost();
  if (countHosts(rawHeaders) > 1) return BadRequestError.badHost();
  // A URL with a host of its own goes before the header (RFC 9112, 3.2.2).
  const named = url?.startsWith('/') === false ? (/^\w+:\/\/([^/?#]*)/.exec(url)?.[1] ?? host) : host;
  const name = hostAndPort.exec(named)?.groups?.['host'];
  if (name === undefined) return BadRequestError.badHost();
  if (allowed === undefined || allowed.has(name.toLowerCase()) || isProbe(url)) return undefined;
  return BadRequestError.misdirected();
}

/** Probes name an address, and learn nothing that a page could use. */
export function isProbe(url: string | undefined): boolean {
  return /^\/(healthz|readyz)\b/.test(url ?? '');
}

function countHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}

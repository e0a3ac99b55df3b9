import type { IncomingMessage } from 'node:http';
import { BadRequestError } from '../errors/bad-request-error.ts';
import { headerValues } from './header-values.ts';

/** A host and port by RFC 3986, 3.2.2, limited to the forms in use. */
const hostAndPort = /^(?<host>\[[\da-f:.]+\]|[\w.~!$&'()*+,;=-]*)(?::\d{0,5})?$/i;

/**
 * Refuses a request target with a fragment, which RFC 9112, 3.2 does not allow: the router ends the path at a `#`, but
 * others would read a query after it.
 */
export function targetFault({ url }: Pick<IncomingMessage, 'url'>): BadRequestError | undefined {
  return url?.includes('#') ? BadRequestError.badUrl() : undefined;
}

/**
 * Validates the `Host` of a request. Node only checks that there is one, and responds in its own format. `allowed`
 * lists the accepted names; undefined accepts any. Prevents DNS rebinding: for a page whose name was made to resolve to
 * this machine, the browser sends that name, which is not allowed.
 */
export function hostFault(
  request: IncomingMessage,
  allowed: ReadonlySet<string> | undefined,
): BadRequestError | undefined {
  const { headers, httpVersion, url } = request;
  const { host } = headers;
  // RFC 9112, 3.2: exactly one; HTTP/1.0 needs none.
  if (host === undefined) return httpVersion === '1.0' ? undefined : BadRequestError.badHost();
  if (headerValues(request)('host').length > 1) return BadRequestError.badHost();
  // The host of an absolute URL overrides the header (RFC 9112, 3.2.2).
  const named = url?.startsWith('/') === false ? (/^\w+:\/\/([^/?#]*)/.exec(url)?.[1] ?? host) : host;
  const name = hostAndPort.exec(named)?.groups?.['host'];
  if (name === undefined) return BadRequestError.badHost();
  if (allowed === undefined || allowed.has(name.toLowerCase()) || isProbe(url)) return undefined;
  return BadRequestError.misdirected();
}

/** Probes call by IP address, and their responses hold nothing that a page could misuse. */
export function isProbe(url: string | undefined): boolean {
  return /^\/(healthz|readyz)\b/.test(url ?? '');
}

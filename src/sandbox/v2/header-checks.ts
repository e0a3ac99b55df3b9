import type { FastifyRequest } from 'fastify';
import { accountFault } from '../account.ts';
import { headerOf, secretKeyOf } from '../request-headers.ts';
import type { SandboxResponse } from '../response.ts';
import { unrecognizedUrl } from '../v1/refusals.ts';
import { refusal } from './refusals.ts';

/** The checks of a v2 call before its body is read: key, headers, URL by version, content type. */
export function checkHeaders(
  request: FastifyRequest,
  { since, before }: { since: string; before: string | undefined },
): SandboxResponse | undefined {
  if (secretKeyOf(request) === undefined) {
    return refusal({
      status: 401,
      code: 'unauthenticated',
      message: 'You did not provide a valid API key.',
    });
  }
  const fault = accountFault(request);
  if (fault !== undefined) return refusal({ code: 'invalid_header', ...fault });
  const version = headerOf(request, 'stripe-version');
  if (version === undefined) return badHeader('Stripe-Version is required on each request to API v2.');
  const [, date] = /^(\d{4}-\d{2}-\d{2})\.preview$/.exec(version) ?? [];
  if (!/^\d{4}-\d{2}-\d{2}/.test(version)) return badHeader('Invalid Stripe API version.');
  // A public preview: available only under `.preview` versions.
  const isServed = date !== undefined && date >= since && (before === undefined || date < before);
  if (!isServed) return unrecognizedUrl(request);
  const key = headerOf(request, 'idempotency-key');
  if (key !== undefined && key.length > 255) {
    return badHeader('Idempotency keys can be at most 255 characters.');
  }
  const hasBody = request.method === 'POST';
  if (hasBody && !/^application\/json\b/.test(headerOf(request, 'content-type') ?? '')) {
    return badHeader('Content-Type must be application/json.');
  }
  return undefined;
}

function badHeader(message: string): SandboxResponse {
  return refusal({ status: 400, code: 'invalid_header', message });
}

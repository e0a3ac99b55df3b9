import * as z from 'zod';
import { UpstreamCallError } from '../../errors/upstream-call-error.ts';
import type { RawResponse } from './transport.ts';

/** The JSON of a response with a 2xx status, not validated yet. */
export interface UpstreamResponse {
  readonly body: unknown;
  /** Stripe's `Request-Id`, for Stripe's support and for the log; undefined if the header does not look like an id. */
  readonly requestId: string | undefined;
  /** Whether an earlier call under the same idempotency key made what the response describes, or a concurrent one does. */
  readonly isRepeat: boolean;
}

/**
 * Reads a successful response. Throws `UPSTREAM_INVALID_RESPONSE` if it is encoded, is not declared as JSON or does not
 * parse; the effect is then unknown, since the upstream did respond.
 */
export function readResponse(response: RawResponse): UpstreamResponse {
  const requestId = requestIdOf(response);
  // The request accepted no encoding (RFC 9110, 12.5.3), so an encoded response is invalid.
  const encoding = header(response, 'content-encoding');
  if (encoding !== undefined && encoding !== 'identity') {
    throw invalidResponse('the response has a content-encoding that was not requested', requestId);
  }
  if (!isJson(response)) throw invalidResponse('the response is not declared as JSON', requestId);
  const body = parseJson(response.text);
  if (body === undefined) throw invalidResponse('the response is not JSON', requestId);
  return { body, requestId, isRepeat: isReplayed(response) };
}

/** A response that violates the API contract. `operatorNote` must not quote it. */
export function invalidResponse(
  operatorNote: string,
  upstreamRequestId: string | undefined,
): UpstreamCallError {
  return new UpstreamCallError('UPSTREAM_INVALID_RESPONSE', {
    effect: 'UNKNOWN',
    upstreamRequestId,
    operatorNote,
  });
}

/** Validates a response's body; throws `UPSTREAM_INVALID_RESPONSE`, which names the invalid field but no value. */
export function readAs<Schema extends z.ZodType>(
  schema: Schema,
  { body, requestId }: UpstreamResponse,
): z.infer<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalidResponse(`${issue?.path.join('.') || 'response'}: ${issue?.message}`, requestId);
}

// Each field is parsed separately: a null, a number or a list in one must not hide the others.
const errorWord = z.string().optional().catch(undefined);
const errorBody = z.object({
  error: z.object({ type: errorWord, code: errorWord, param: errorWord }),
});

/** The machine-readable fields of Stripe's error object. */
export type UpstreamErrorWords = z.infer<typeof errorBody>['error'];

/** The fields of an error response; undefined if its body is not Stripe's error object. */
export function readErrorFields(response: RawResponse): UpstreamErrorWords | undefined {
  return errorBody.safeParse(parseJson(response.text)).data?.error;
}

const errorMessage = z.object({ error: z.object({ message: z.string() }) });

/**
 * The permissions that Stripe says a restricted key lacks, such as `rak_customer_read`. Nothing else of the message is
 * read, since it also quotes a part of the key.
 */
export function missingPermissions(response: RawResponse): string[] {
  const { message = '' } = errorMessage.safeParse(parseJson(response.text)).data?.error ?? {};
  return (message.match(/\brak_[a-z0-9_]{1,64}\b/g) ?? []).slice(0, 5);
}

/** `Request-Id`, if it looks like one. It is logged and passed on, so it must not hold arbitrary text. */
export function requestIdOf(response: RawResponse): string | undefined {
  const id = header(response, 'request-id');
  return id !== undefined && /^[\w-]{1,64}$/.test(id) ? id : undefined;
}

/** Whether Stripe repeats a stored response to this idempotency key (https://docs.stripe.com/api/idempotent_requests). */
export function isReplayed(response: RawResponse): boolean {
  return header(response, 'idempotent-replayed') === 'true';
}

/**
 * Whether another request under this idempotency key is in progress (https://docs.stripe.com/error-codes,
 * `idempotency_key_in_use`).
 */
export function isKeyInUse(response: RawResponse): boolean {
  return response.status === 409 && readErrorFields(response)?.code === 'idempotency_key_in_use';
}

// 408 and 425 concern a connection (RFC 9110, 15.5.9; RFC 8470), 407 a proxy's own credentials (RFC 9110, 15.5.8). 460
// (AWS load balancers) and 499 (nginx) mean that the client closed its connection. Stripe sends none of them.
const intermediaryStatuses: ReadonlySet<number> = new Set([407, 408, 425, 460, 499]);

/**
 * Whether a 4xx comes from a proxy, load balancer or firewall on the way. Stripe gives every response a `Request-Id`
 * and every error an error object. A 429 counts as a rate limit whichever of them sends it.
 */
export function isByIntermediary(response: RawResponse): boolean {
  if (response.status < 400 || response.status >= 500 || response.status === 429) return false;
  if (intermediaryStatuses.has(response.status)) return true;
  return requestIdOf(response) === undefined && readErrorFields(response) === undefined;
}

/** Whether a v2 quota is used up. Unlike a rate limit, this lasts up to a month. */
export function isOverQuota(response: RawResponse): boolean {
  if (response.status !== 429) return false;
  const { type, code } = readErrorFields(response) ?? {};
  return type === 'quota_exceeded' || (code?.endsWith('_quota_exceeded') ?? false);
}

export function header(response: RawResponse, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/**
 * `Retry-After` in milliseconds: undefined if absent, `unreadable` if not a number of seconds. A date (RFC 9110,
 * 10.2.3) counts as unreadable: it would require two clocks to agree.
 */
export function retryAfterMs(response: RawResponse): number | 'unreadable' | undefined {
  const value = header(response, 'retry-after');
  if (value === undefined) return undefined;
  return /^\d{1,6}$/.test(value) ? Number(value) * 1000 : 'unreadable';
}

function isJson(response: RawResponse): boolean {
  return /^application\/json\s*(;|$)/i.test(header(response, 'content-type') ?? '');
}

// The engine's message quotes the text, so it is dropped.
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

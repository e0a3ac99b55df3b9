import * as z from 'zod';
import { UpstreamCallError } from '../../errors/upstream-call-error.ts';
import type { RawResponse } from './transport.ts';

/** The JSON of a response with status 200, not validated yet. */
export interface UpstreamResponse {
  readonly body: unknown;
  /** Stripe's `Request-Id`, for Stripe's support and for the log; undefined if the header does not look like an id. */
  readonly requestId: string | undefined;
}

/**
 * Reads a successful response. Throws `UPSTREAM_INVALID_RESPONSE` if it is encoded, is not declared as JSON or does not
 * parse; the effect is then unknown, since the upstream did answer.
 */
export function readResponse(answer: RawResponse): UpstreamResponse {
  const requestId = requestIdOf(answer);
  // The request accepted no encoding (RFC 9110, 12.5.3), so an encoded response is invalid.
  const encoding = header(answer, 'content-encoding');
  if (encoding !== undefined && encoding !== 'identity') {
    throw invalidResponse('the answer has a content-encoding that was not asked for', requestId);
  }
  if (!isJson(answer)) throw invalidResponse('the answer is not declared as JSON', requestId);
  const body = parseJson(answer.text);
  if (body === undefined) throw invalidResponse('the answer is not JSON', requestId);
  return { body, requestId };
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
  throw invalidResponse(`${issue?.path.join('.') || 'answer'}: ${issue?.message}`, requestId);
}

// Each field is parsed separately: a null, a number or a list in one must not hide the others.
const errorWord = z.string().optional().catch(undefined);
const errorBody = z.object({
  error: z.object({ type: errorWord, code: errorWord, param: errorWord }),
});

/** The machine-readable fields of Stripe's error object. */
export type UpstreamErrorWords = z.infer<typeof errorBody>['error'];

/** The fields of an error response; undefined if its body is not Stripe's error object. */
export function readErrorWords(answer: RawResponse): UpstreamErrorWords | undefined {
  return errorBody.safeParse(parseJson(answer.text)).data?.error;
}

const errorMessage = z.object({ error: z.object({ message: z.string() }) });

/**
 * The permissions that Stripe says a restricted key lacks, such as `rak_customer_read`. Nothing else of the message is
 * read, since it also quotes a part of the key.
 */
export function missingPermissions(answer: RawResponse): string[] {
  const { message = '' } = errorMessage.safeParse(parseJson(answer.text)).data?.error ?? {};
  return (message.match(/\brak_[a-z0-9_]{1,64}\b/g) ?? []).slice(0, 5);
}

/** `Request-Id`, if it looks like one. It is logged and passed on, so it must not hold arbitrary text. */
export function requestIdOf(answer: RawResponse): string | undefined {
  const id = header(answer, 'request-id');
  return id !== undefined && /^[\w-]{1,64}$/.test(id) ? id : undefined;
}

/** Whether Stripe repeats a stored response to this idempotency key (https://docs.stripe.com/api/idempotent_requests). */
export function isReplayed(answer: RawResponse): boolean {
  return header(answer, 'idempotent-replayed') === 'true';
}

// 408 and 425 concern a connection (RFC 9110, 15.5.9; RFC 8470), 407 a proxy's own credentials (RFC 9110, 15.5.8). 460
// (AWS load balancers) and 499 (nginx) mean that the client closed its connection. Stripe sends none of them.
const intermediaryStatuses: ReadonlySet<number> = new Set([407, 408, 425, 460, 499]);

/**
 * Whether a 4xx comes from a proxy, load balancer or firewall on the way. Stripe gives every response a `Request-Id`
 * and every error an error object. A 429 counts as a rate limit whichever of them sends it.
 */
export function isByIntermediary(answer: RawResponse): boolean {
  if (answer.status < 400 || answer.status >= 500 || answer.status === 429) return false;
  if (intermediaryStatuses.has(answer.status)) return true;
  return requestIdOf(answer) === undefined && readErrorWords(answer) === undefined;
}

/** Whether a v2 quota is used up. Unlike a rate limit, this lasts up to a month. */
export function isOverQuota(answer: RawResponse): boolean {
  if (answer.status !== 429) return false;
  const { type, code } = readErrorWords(answer) ?? {};
  return type === 'quota_exceeded' || (code?.endsWith('_quota_exceeded') ?? false);
}

export function header(answer: RawResponse, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/**
 * `Retry-After` in milliseconds: undefined if absent, `unreadable` if not a number of seconds. A date (RFC 9110,
 * 10.2.3) counts as unreadable: it would require two clocks to agree.
 */
export function retryAfterMs(answer: RawResponse): number | 'unreadable' | undefined {
  const value = header(answer, 'retry-after');
  if (value === undefined) return undefined;
  return /^\d{1,6}$/.test(value) ? Number(value) * 1000 : 'unreadable';
}

function isJson(answer: RawResponse): boolean {
  return /^application\/json\s*(;|$)/i.test(header(answer, 'content-type') ?? '');
}

// The engine's message quotes the text, so it is dropped.
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

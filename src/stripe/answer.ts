import * as z from 'zod';
import { Failure } from '../errors/failure.ts';
import type { RawAnswer } from './transport.ts';

/** An answer of status 200 with its JSON, not yet known to be what it should. */
export interface UpstreamAnswer {
  readonly body: unknown;
  /** Stripe's `Request-Id`, for its support and for the log. */
  readonly requestId: string | undefined;
}

/**
 * Reads a successful answer. Throws `UPSTREAM_INVALID_RESPONSE` where it is encoded, is not declared as JSON
 * or does not parse; the effect is then unknown, since the upstream did answer.
 */
export function readAnswer(answer: RawAnswer): UpstreamAnswer {
  const requestId = header(answer, 'request-id');
  // None was asked for (RFC 9110, 12.5.3), so an encoded answer is none of ours to undo.
  const encoding = header(answer, 'content-encoding');
  if (encoding !== undefined && encoding !== 'identity') {
    throw invalidResponse('the answer has a content-encoding that was not asked for', requestId);
  }
  if (!isJson(answer)) throw invalidResponse('the answer is not declared as JSON', requestId);
  const body = parseJson(answer.text);
  if (body === undefined) throw invalidResponse('the answer is not JSON', requestId);
  return { body, requestId };
}

/** An answer that is not what the contract says. `operatorNote` must not quote it. */
export function invalidResponse(operatorNote: string, upstreamRequestId: string | undefined): Failure {
  return new Failure('UPSTREAM_INVALID_RESPONSE', { effect: 'UNKNOWN', upstreamRequestId, operatorNote });
}

const errorBody = z.object({
  error: z.object({
    type: z.string().optional(),
    code: z.string().optional(),
    param: z.string().optional(),
  }),
});

/** What an answer that is not a success says of its reason; empty where it says nothing readable. */
export type UpstreamErrorWords = z.infer<typeof errorBody>['error'];

export function readErrorWords(answer: RawAnswer): UpstreamErrorWords {
  const parsed = errorBody.safeParse(parseJson(answer.text));
  return parsed.success ? parsed.data.error : {};
}

export function header(answer: RawAnswer, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/**
 * `Retry-After` in milliseconds: undefined where there is none, `unreadable` where it is no number of seconds.
 * A date (RFC 9110, 10.2.3) counts as unreadable: it would mean trusting two clocks to agree.
 */
export function retryAfterMs(answer: RawAnswer): number | 'unreadable' | undefined {
  const value = header(answer, 'retry-after');
  if (value === undefined) return undefined;
  return /^\d{1,6}$/.test(value) ? Number(value) * 1000 : 'unreadable';
}

function isJson(answer: RawAnswer): boolean {
  return /^application\/json\s*(;|$)/i.test(header(answer, 'content-type') ?? '');
}

// The engine's message quotes the text, so it goes no further.
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * What the sandbox can be told to do, by a magic word in any string of the evaluation's context: `sandbox_highest` as a
 * Radar Session, `cus_sandbox_error_503`, `sandbox_delay_500@example.com`. Several words combine. Reports and
 * retrievals accept the words for delays and errors, in the id of the evaluation or of a customer:
 * `ceval_sandbox_error_503`. An evaluation created with `sandbox_read_error_503` fails with that error when it is read.
 * A word in the id of a Stripe account, such as `acct_sandbox_down`, applies to every call of that account.
 */
export interface MagicCase {
  /** For the table in docs/sandbox.md. */
  readonly does: string;
  readonly score?: number;
  readonly riskLevel?: string | null;
  readonly signals?: 'null' | 'empty' | 'both' | 'new';
  readonly otherEventType?: true;
  readonly error?: SandboxError;
  /** What is different on v2. */
  readonly onV2?: Partial<MagicCase>;
  /** When the signals of a v2 evaluation are complete. */
  readonly completion?: Completion;
  /** All signals of a v2 evaluation except the first are complete immediately. */
  readonly isPartial?: true;
  readonly hasNoScore?: true;
  /** How the optional fields of a v2 evaluation are written. */
  readonly optionalFields?: 'absent' | 'null';
}

/** After a time, at a certain read, or never. */
export type Completion = { readonly afterMs: number } | { readonly atRead: number } | 'never';

export interface SandboxError {
  readonly status: number;
  /** Optional on v2. */
  readonly type?: string;
  readonly code?: string;
  readonly message: string;
  /** The error names the parameter that holds the word. */
  readonly withParam?: true;
  /** Sent before the request is processed, so not stored under its key: a retry with the same key is processed. */
  readonly notKept?: true;
  readonly headers?: Readonly<Record<string, string>>;
}

const apiError = (status: number): MagicCase => ({
  does: `responds with ${status}, and stores that response under the key`,
  error: { status, type: 'api_error', message: 'An error occurred with our connection to Stripe.' },
  onV2: { does: `responds with ${status}; a retry is processed again` },
});

export const magicCases: Readonly<Record<string, MagicCase>> = {
  highest: { does: 'score 87.5, `HIGHEST`', score: 87.5, riskLevel: 'highest' },
  elevated: { does: 'score 70, `ELEVATED`', score: 70, riskLevel: 'elevated' },
  normal: { does: 'score 42.5, `NORMAL`', score: 42.5, riskLevel: 'normal' },
  low: { does: 'score 3, `LOW`', score: 3, riskLevel: 'low' },
  not_assessed: {
    does: 'score 0, `NOT_ASSESSED`',
    score: 0,
    riskLevel: 'not_assessed',
    onV2: { does: 'level `UNKNOWN`, no score', riskLevel: 'unknown', hasNoScore: true },
  },
  null_level: {
    does: 'score 50, no risk level',
    score: 50,
    riskLevel: null,
    onV2: { does: 'a risk level of null, contrary to v2’s documentation' },
  },
  highest_null_level: {
    does: 'score 87.5, no risk level',
    score: 87.5,
    riskLevel: null,
    onV2: { does: 'score 87.5 with a risk level of null, contrary to v2’s documentation' },
  },
  unknown_level: {
    does: 'a risk level that this gateway does not know: `UNKNOWN`',
    score: 50,
    riskLevel: 'volcanic',
  },
  score_101: { does: 'a score outside 0–100: passed on', score: 101 },
  null_signals: { does: 'no signals: `signals: null`', signals: 'null' },
  no_signals: { does: 'signals without any member', signals: 'empty' },
  both_signals: { does: 'both signals', signals: 'both' },
  new_signal: { does: 'a signal and a field that this gateway does not know: left out', signals: 'new' },
  other_event: {
    does: 'answers about another event type: `UPSTREAM_INVALID_RESPONSE`',
    otherEventType: true,
  },
  error_400: {
    does: 'refuses the parameter: `BAD_USER_INPUT` with its path',
    error: {
      status: 400,
      type: 'invalid_request_error',
      code: 'parameter_invalid_string',
      message: 'Invalid string.',
      withParam: true,
      notKept: true,
    },
    onV2: {
      does: 'refuses the request: `BAD_USER_INPUT`',
      error: { status: 400, code: 'invalid_fields', message: 'Invalid string.' },
    },
  },
  missing: {
    does: 'no such object: `NOT_FOUND` with its path',
    error: {
      status: 400,
      type: 'invalid_request_error',
      code: 'resource_missing',
      message: 'No such object.',
      withParam: true,
    },
    onV2: {
      does: 'there is no such customer: `NOT_FOUND` with its path',
      error: { status: 403, code: 'account_inaccessible', message: 'The account is not accessible.' },
    },
  },
  error_401: {
    does: 'refuses the key: `UPSTREAM_REFUSED`',
    error: {
      status: 401,
      type: 'invalid_request_error',
      message: 'Invalid API Key provided.',
      notKept: true,
    },
  },
  error_403: {
    does: 'the key lacks a permission: `UPSTREAM_REFUSED`',
    error: { status: 403, type: 'invalid_request_error', message: 'The provided key lacks a permission.' },
  },
  error_409: {
    does: 'another request with this key is in flight',
    error: {
      status: 409,
      type: 'invalid_request_error',
      code: 'lock_timeout',
      message: 'Locked.',
      notKept: true,
    },
  },
  error_424: apiError(424),
  error_429: {
    does: 'rate-limits the call: `UPSTREAM_RATE_LIMITED`',
    error: {
      status: 429,
      type: 'invalid_request_error',
      code: 'rate_limit',
      message: 'Too many requests.',
      notKept: true,
      headers: { 'stripe-rate-limited-reason': 'endpoint-rate' },
    },
  },
  error_500: apiError(500),
  error_502: apiError(502),
  error_503: apiError(503),
  error_504: apiError(504),
};

import type { FailureCode } from '../../errors/error-codes.ts';
import { isTlsCode } from '../../errors/transport-codes.ts';
import { UpstreamCallError } from '../../errors/upstream-call-error.ts';
import {
  header,
  invalidResponse,
  isByIntermediary,
  isReplayed,
  missingPermissions,
  readErrorFields,
  requestIdOf,
  retryAfterMs,
} from './response.ts';
import type { RawResponse, TransportError } from './transport.ts';

/**
 * Maps an unsuccessful response to the caller's error. Covers all statuses. Reads only the names of missing permissions
 * from the upstream's message, which quotes input values and parts of keys. Source: https://docs.stripe.com/api/errors
 */
export function errorOfResponse(response: RawResponse): UpstreamCallError {
  const words = readErrorFields(response) ?? {};
  const upstreamRequestId = requestIdOf(response);
  const summary = `status ${response.status}, type ${word(words.type)}, code ${word(words.code)}`;
  const failure = (
    code: FailureCode,
    effect: 'NONE' | 'UNKNOWN',
    operatorNote = summary,
  ): UpstreamCallError =>
    new UpstreamCallError(code, { effect, param: words.param, upstreamRequestId, operatorNote });

  // Redirects are never followed: they would carry the key and personal data elsewhere.
  if (response.status < 400) return invalidResponse(`status ${response.status}`, upstreamRequestId);
  // An intermediary does not say whether it forwarded the request.
  if (isByIntermediary(response)) {
    return failure(
      'UPSTREAM_UNAVAILABLE',
      'UNKNOWN',
      `status ${response.status}, not from Stripe: check the proxies and firewalls on the way`,
    );
  }
  // Whatever the error's type and code: with 409, another request with this key is in progress and may still succeed;
  // with 424, a dependency failed while Stripe processed the request; after a 5xx, nobody knows how far it got.
  if (response.status === 409 || response.status === 424 || response.status >= 500) {
    return unavailable(response, summary);
  }
  if (words.type === 'idempotency_error') return failure('IDEMPOTENCY_CONFLICT', 'NONE');
  if (words.code === 'resource_missing') return failure('NOT_FOUND', 'NONE');
  const known = v2Errors.get(words.code) ?? v2Errors.get(words.type);
  if (known !== undefined) {
    const { code, param, note } = known;
    const operatorNote = note === undefined ? summary : `${summary}: ${note}`;
    return new UpstreamCallError(code, { effect: 'NONE', param, upstreamRequestId, operatorNote });
  }
  // The translation sends only documented parameters, so an unknown one means an older version.
  if (words.code === 'parameter_unknown')
    return failure('UPSTREAM_UNSUPPORTED', 'NONE', `${summary}: ${noPreview}`);

  switch (response.status) {
    case 400:
      // Without a parameter a client has nothing to correct: the error is about the key, account or version.
      return words.param === undefined
        ? failure('UPSTREAM_REFUSED', 'NONE', `${summary}: check STRIPE_API_VERSION and STRIPE_ACCOUNT`)
        : failure('BAD_USER_INPUT', 'NONE');
    case 401:
      return failure(
        'UPSTREAM_REFUSED',
        'NONE',
        `${summary}: check the key, in STRIPE_SECRET_KEY or in the account’s file`,
      );
    case 403:
      return failure(
        'UPSTREAM_REFUSED',
        'NONE',
        `${summary}: ${permissionNote(missingPermissions(response))}`,
      );
    case 404:
      return failure('UPSTREAM_UNSUPPORTED', 'NONE', `${summary}: ${noPreview}`);
    case 429:
      return new UpstreamCallError('UPSTREAM_RATE_LIMITED', {
        effect: 'NONE',
        upstreamRequestId,
        // Stripe's limits are per second.
        retryAfterMs: askedWaitMs(response) ?? 1_000,
        operatorNote: `${summary}, reason ${word(header(response, 'stripe-rate-limited-reason'))}`,
      });
    default:
      return failure('UPSTREAM_REFUSED', 'NONE');
  }
}

function permissionNote(missing: readonly string[]): string {
  return missing.length > 0
    ? `the key lacks the permission ${missing.join(', ')}`
    : 'the key lacks a permission for customer evaluations, or access to the account (STRIPE_ACCOUNT, or the caller’s)';
}

// Accounts that were not invited to the preview get the same responses as older versions.
const noPreview =
  'STRIPE_API_VERSION has no such call or parameter. Or, with STRIPE_API=v1, this account is not in the private preview of customer evaluations: ask Stripe for an invitation, or set STRIPE_API=v2';

interface KnownError {
  readonly code: FailureCode;
  readonly param?: string;
  readonly note?: string;
}

const noAccess: KnownError = {
  code: 'UPSTREAM_REFUSED',
  note: 'this account has no access to the signal: enable the product in Stripe’s Dashboard (Radar)',
};
const quotaExceeded: KnownError = { code: 'UPSTREAM_REFUSED', note: 'a monthly quota is used up' };

/**
 * v2's errors, by code or else by type. They have no `param`; each one here can only concern the `param` given. Source:
 * Stripe's OpenAPI description of v2 signals, 2026-09-30.preview.
 */
const v2Errors: ReadonlyMap<string | undefined, KnownError> = new Map(
  Object.entries<KnownError>({
    account_inaccessible: { code: 'NOT_FOUND', param: 'account_details' },
    account_evaluation_inaccessible: { code: 'NOT_FOUND', param: 'account_details' },
    not_found: { code: 'NOT_FOUND', param: 'account_details' },
    invalid_account_details: { code: 'BAD_USER_INPUT', param: 'account_details' },
    missing_data_for_evaluation: { code: 'BAD_USER_INPUT' },
    invalid_fields: { code: 'BAD_USER_INPUT' },
    signal_type_access_denied: noAccess,
    feature_not_enabled: noAccess,
    fraudulent_website_quota_exceeded: quotaExceeded,
    quota_exceeded: quotaExceeded,
  }),
);

function unavailable(response: RawResponse, summary: string): UpstreamCallError {
  const details = { effect: 'UNKNOWN', upstreamRequestId: requestIdOf(response) } as const;
  if (!isReplayed(response)) {
    const askedMs = askedWaitMs(response);
    return new UpstreamCallError('UPSTREAM_UNAVAILABLE', {
      ...details,
      ...(askedMs === undefined ? {} : { retryAfterMs: askedMs }),
      operatorNote: summary,
    });
  }
  return new UpstreamCallError('UPSTREAM_UNAVAILABLE', {
    ...details,
    retryable: false,
    problems: [{ message: keySpent }],
    operatorNote: `${summary}, replayed: the idempotency key is spent`,
  });
}

// Stripe stores the result of the first request under a key, failures included, for at least 24 hours.
const keySpent =
  'Stripe stored a failure for this idempotency key and replays it for at least 24 hours. Do not retry with this key. A new key makes a new call: a second one, if the first had an effect.';

/** Maps an attempt without a whole response to the caller's error. */
export function errorOfTransport(error: TransportError): UpstreamCallError {
  return new UpstreamCallError(error.unreadable ? 'UPSTREAM_INVALID_RESPONSE' : 'UPSTREAM_UNAVAILABLE', {
    effect: error.sent ? 'UNKNOWN' : 'NONE',
    operatorNote: error.message,
    // An invalid certificate stays invalid until an operator fixes it.
    operatorsMustAct: isTlsCode(error.code),
  });
}

function askedWaitMs(response: RawResponse): number | undefined {
  const asked = retryAfterMs(response);
  return typeof asked === 'number' ? asked : undefined;
}

// Logs only what looks like one of Stripe's own identifiers.
function word(text: string | undefined): string {
  return text !== undefined && /^[a-z0-9_-]{1,64}$/.test(text) ? text : 'none';
}

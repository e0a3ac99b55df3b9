import type { FastifyRequest } from 'fastify';
import { headerOf, secretKeyOf } from './request-headers.ts';
import type { SentString } from './sent-strings.ts';

/**
 * The account of a request: the one that its header names, otherwise the one that its key belongs to; empty for the
 * platform's own. A context path ends with its account. Source: https://docs.stripe.com/context
 */
export function accountOf(request: FastifyRequest): string {
  return namedAccount(request) ?? accountOfKey(request) ?? '';
}

/** The account's id, whose magic words apply to all of its calls. It is not a parameter. */
export function wordsOfAccount(request: FastifyRequest): readonly SentString[] {
  return [{ param: undefined, value: accountOf(request) }];
}

/** The error about a request's account, if there is one. It applies to every endpoint. */
export function accountFault(
  request: FastifyRequest,
): { status: number; code?: string; message: string } | undefined {
  const [account, context] = ['stripe-account', 'stripe-context'].map((name) => headerOf(request, name));
  if (account !== undefined && context !== undefined) {
    return { status: 400, message: 'Stripe-Account and Stripe-Context cannot be in one request.' };
  }
  if (secretKeyOf(request)?.startsWith('sk_org_') && context === undefined) {
    return {
      status: 400,
      message: 'A request with an organization’s key must name an account in Stripe-Context.',
    };
  }
  const own = accountOfKey(request);
  if (own === undefined || accountOf(request) === own) return undefined;
  const message = 'The provided key does not have access to this account, or the account does not exist.';
  return { status: 403, code: 'account_invalid', message };
}

function namedAccount(request: FastifyRequest): string | undefined {
  return headerOf(request, 'stripe-account') ?? headerOf(request, 'stripe-context')?.split('/').at(-1);
}

/** `sk_test_acct_1` is a key of `acct_1`; other keys are the platform's. */
function accountOfKey(request: FastifyRequest): string | undefined {
  return /^[rs]k_(?:test|live)_(acct_\w+)$/.exec(secretKeyOf(request) ?? '')?.[1];
}

import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import {
  EvaluateLoginDocument,
  type EvaluateLoginMutation,
  type EvaluateLoginMutationVariables,
  EvaluateRegistrationDocument,
  type EvaluateRegistrationMutation,
  type EvaluateRegistrationMutationVariables,
} from '../../../../schema/generated/customer-evaluations.ts';
import { drawKey } from './idempotency-key.ts';

export type Kind = 'Sign-up' | 'Log-in';

/** Variables with the key that makes of several tries one call. */
export type Keyed<Variables> = Variables & { readonly idempotencyKey: string };

/** One attempt of a person to sign up or log in. Sent again as it is, it stays one evaluation: the key is in it. */
export interface Attempt<Data, Variables> {
  readonly kind: Kind;
  readonly document: TypedDocumentNode<Data, Variables>;
  readonly variables: Keyed<Variables>;
}

/** What somebody who signs up has told; what was left empty is left out. */
export function signUp(
  form: FormData,
  radarSession: string,
): Attempt<EvaluateRegistrationMutation, EvaluateRegistrationMutationVariables> {
  const filled = (name: string): string | undefined => String(form.get(name) ?? '').trim() || undefined;
  const customerData = { email: filled('email'), name: filled('name'), phone: filled('phone') };
  return {
    kind: 'Sign-up',
    document: EvaluateRegistrationDocument,
    variables: { radarSession, customerData, idempotencyKey: drawKey() },
  };
}

/** A product knows the Stripe customer of each of its accounts. */
export function logIn(
  form: FormData,
  radarSession: string,
): Attempt<EvaluateLoginMutation, EvaluateLoginMutationVariables> {
  const customer = String(form.get('customer'));
  return {
    kind: 'Log-in',
    document: EvaluateLoginDocument,
    variables: { radarSession, customer, idempotencyKey: drawKey() },
  };
}

import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import {
  CreateCustomerEvaluationDocument,
  type CreateCustomerEvaluationMutation,
  type CreateCustomerEvaluationMutationVariables,
  EvaluateLoginDocument,
  type EvaluateLoginMutation,
  type EvaluateLoginMutationVariables,
  EvaluateRegistrationDocument,
  type EvaluateRegistrationMutation,
  type EvaluateRegistrationMutationVariables,
} from '../../../../schema/generated/customer-evaluations.ts';
import { generateKey } from './idempotency-key.ts';

export type Kind = 'Sign-up' | 'Log-in';

/** The result of the operations that evaluate. */
export type Evaluated =
  | CreateCustomerEvaluationMutation
  | EvaluateLoginMutation
  | EvaluateRegistrationMutation;

/**
 * One attempt of a person to sign up or log in. It contains the idempotency key, so sending it again makes no second
 * evaluation.
 */
export interface Attempt<Data extends Evaluated, Variables> {
  readonly kind: Kind;
  readonly document: TypedDocumentNode<Data, Variables>;
  readonly variables: Variables;
  readonly idempotencyKey: string;
}

type SignUp = Attempt<EvaluateRegistrationMutation, EvaluateRegistrationMutationVariables>;
type SignUpOfCustomer = Attempt<CreateCustomerEvaluationMutation, CreateCustomerEvaluationMutationVariables>;
type LogIn = Attempt<EvaluateLoginMutation, EvaluateLoginMutationVariables>;

/** The data of a sign-up form, without empty fields. */
export function signUp(form: FormData, radarSession: string): SignUp {
  const filled = (name: string): string | undefined => String(form.get(name) ?? '').trim() || undefined;
  const customerData = { email: filled('email'), name: filled('name'), phone: filled('phone') };
  const idempotencyKey = generateKey();
  const variables = { radarSession, customerData, idempotencyKey };
  return { kind: 'Sign-up', document: EvaluateRegistrationDocument, variables, idempotencyKey };
}

/** If the upstream accepts no personal data, a product creates the Stripe customer first and sends its id. */
export function signUpOfCustomer(form: FormData, radarSession: string): SignUpOfCustomer {
  const [account = ''] = String(form.get('email')).split('@', 1);
  const customer = `cus_${account.replace(/\W+/g, '_')}`;
  const idempotencyKey = generateKey();
  const evaluationContext = [{ clientDetails: { radarSession } }, { customerDetails: { customer } }];
  const variables = { input: { eventType: 'REGISTRATION' as const, evaluationContext, idempotencyKey } };
  return { kind: 'Sign-up', document: CreateCustomerEvaluationDocument, variables, idempotencyKey };
}

/** A product knows the Stripe customer of each of its accounts. */
export function logIn(form: FormData, radarSession: string): LogIn {
  const idempotencyKey = generateKey();
  const variables = { radarSession, customer: String(form.get('customer')), idempotencyKey };
  return { kind: 'Log-in', document: EvaluateLoginDocument, variables, idempotencyKey };
}

// Generated from schema/ by `npm run codegen`. Do not edit.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** A login or registration to evaluate. */
export type CreateCustomerEvaluationInput = {
  /** What is known: usually one entry with `clientDetails` and one with `customerDetails`, in any order. At least one. */
  evaluationContext: Array<EvaluationContextInput>;
  /** What is happening. */
  eventType: CustomerEvaluationEventType;
  /** Makes a retry safe: calls with the same key and input are one evaluation, for at least 24 hours. 1 to 255 printable ASCII characters; use a random UUID for each sign-up or log-in attempt. If left out, a key is generated and returned. */
  idempotencyKey?: string | null | undefined;
};

/** Whether a failed call may have had an effect at Stripe. */
export type CustomerEvaluationEffect =
  /** Nothing happened. */
  | 'NONE'
  /** Something may have happened. Retry with the same `idempotencyKey`: the effect still happens only once. */
  | 'UNKNOWN';

/** Why a call failed. Switch on this, not on the message. */
export type CustomerEvaluationErrorCode =
  /** The gateway or Stripe refused a field. Correct it and send again. `path` names it, if known. */
  | 'BAD_USER_INPUT'
  /** The idempotency key was used before with another input. Use a new key for a new call. */
  | 'IDEMPOTENCY_CONFLICT'
  /** Stripe has no object with this id, or not in this account. `path` names the field, if known. */
  | 'NOT_FOUND'
  /** Stripe’s response did not match its API contract. Retry with the payload’s `idempotencyKey`. */
  | 'UPSTREAM_INVALID_RESPONSE'
  /** Stripe’s rate limit, or the gateway’s own, was reached. Wait for `retryAfterMs`, then retry. */
  | 'UPSTREAM_RATE_LIMITED'
  /** Stripe refuses this gateway’s own key, account or version. Only its operators can fix that; the log tells them. */
  | 'UPSTREAM_REFUSED'
  /** Stripe did not respond before the deadline. Retry with the payload’s `idempotencyKey`. */
  | 'UPSTREAM_TIMEOUT'
  /** Stripe could not be reached or failed. Retry with the payload’s `idempotencyKey`. */
  | 'UPSTREAM_UNAVAILABLE'
  /** The Stripe API of this gateway, its version or this account’s access does not support this call or field. */
  | 'UPSTREAM_UNSUPPORTED';

/** The event that is evaluated. */
export type CustomerEvaluationEventType =
  /** An existing customer logs in. The evaluation asks mainly how likely it is that the account is shared. */
  | 'LOGIN'
  /** Somebody signs up. The evaluation asks how likely it is that the same person holds several accounts. */
  | 'REGISTRATION'
  /** Output only: an event type that is newer than this gateway. As input it is refused with `BAD_USER_INPUT`. */
  | 'UNKNOWN';

/** Why a login or registration was not let through. */
export type CustomerEvaluationFailureReason =
  /** For a reason that has nothing to do with this evaluation, such as a wrong password. */
  | 'OTHER'
  /** The account is probably used by several people. */
  | 'SUSPECTED_ACCOUNT_SHARING'
  /** The person probably holds several accounts. */
  | 'SUSPECTED_MULTI_ACCOUNTING'
  /** A reason that is newer than this gateway. */
  | 'UNKNOWN';

/** A login that was not let through. */
export type CustomerEvaluationLoginFailedInput = {
  /** Why. */
  reason: CustomerEvaluationLoginFailureReason;
};

/** Why a login was not let through. */
export type CustomerEvaluationLoginFailureReason =
  /** For a reason that has nothing to do with the evaluation, such as a wrong password. */
  | 'OTHER'
  /** Because the account is probably used by several people. */
  | 'SUSPECTED_ACCOUNT_SHARING';

/** The only value of a report without details, as in `{ loginSucceeded: OCCURRED }`. There is no value for what did not happen: leave the field out. */
export type CustomerEvaluationOccurrence =
  /** It happened. */
  | 'OCCURRED';

/** How an evaluated login or registration ended. */
export type CustomerEvaluationOutcome =
  /** The customer was not logged in; `failureReason` says why. */
  | 'LOGIN_FAILED'
  /** The customer was logged in. */
  | 'LOGIN_SUCCESS'
  /** The account was not created; `failureReason` says why. */
  | 'REGISTRATION_FAILED'
  /** The account was created. */
  | 'REGISTRATION_SUCCESS'
  /** An outcome that is newer than this gateway. */
  | 'UNKNOWN';

/** What the business decided: a status, a customer to attach, or both. */
export type CustomerEvaluationOutcomeInput = {
  /** The Stripe customer, `cus_…`, if the evaluation was made without one. */
  customer?: string | number | null | undefined;
  /** The evaluation’s event type. Name it if you know it: some versions of Stripe’s API need it, and with others the gateway must retrieve the evaluation first. */
  eventType?: CustomerEvaluationEventType | null | undefined;
  /** Why, with `BLOCKED` or `RESTRICTED`. */
  reason?: CustomerEvaluationReportedReason | null | undefined;
  /** What was decided about the customer. */
  status?: CustomerEvaluationReportedStatus | null | undefined;
};

/** A registration that was not let through. */
export type CustomerEvaluationRegistrationFailedInput = {
  /** Why. */
  reason: CustomerEvaluationRegistrationFailureReason;
};

/** Why a registration was not let through. */
export type CustomerEvaluationRegistrationFailureReason =
  /** For a reason that has nothing to do with the evaluation, such as a form left unfinished. */
  | 'OTHER'
  /** Because the person probably holds several accounts. */
  | 'SUSPECTED_MULTI_ACCOUNTING';

/** A registration that was let through. `{}` if there is no customer to name. */
export type CustomerEvaluationRegistrationSucceededInput = {
  /** The Stripe customer, `cus_…`, that the registration made. Set it if the evaluation was created without a customer, so that later evaluations can take this one into account. */
  customer?: string | number | null | undefined;
};

/** How the event ended: exactly one of the fields. `outcome` with a `status` and an `eventType` works with every version of Stripe’s API, and says the most. `warnings` lists the parts that the configured version does not accept. */
export type CustomerEvaluationReportInput =
  {   /** The customer was not logged in, and why. `OTHER` is not a decision: Stripe API versions from 27 May 2026 on refuse it, as `UPSTREAM_UNSUPPORTED`. */
  loginFailed: CustomerEvaluationLoginFailedInput; loginSucceeded?: never; outcome?: never; registrationFailed?: never; registrationSucceeded?: never; }
  |  { loginFailed?: never;   /** The customer was logged in: `OCCURRED`. */
  loginSucceeded: CustomerEvaluationOccurrence; outcome?: never; registrationFailed?: never; registrationSucceeded?: never; }
  |  { loginFailed?: never; loginSucceeded?: never;   /** What the business decided, and about which customer. */
  outcome: CustomerEvaluationOutcomeInput; registrationFailed?: never; registrationSucceeded?: never; }
  |  { loginFailed?: never; loginSucceeded?: never; outcome?: never;   /** The account was not created, and why. `OTHER` is not a decision: Stripe API versions from 27 May 2026 on refuse it, as `UPSTREAM_UNSUPPORTED`. */
  registrationFailed: CustomerEvaluationRegistrationFailedInput; registrationSucceeded?: never; }
  |  { loginFailed?: never; loginSucceeded?: never; outcome?: never; registrationFailed?: never;   /** The account was created, and for which customer. */
  registrationSucceeded: CustomerEvaluationRegistrationSucceededInput; };

/** Why the business restricted or blocked the customer. */
export type CustomerEvaluationReportedReason =
  /** For a reason that has nothing to do with the evaluation. */
  | 'OTHER'
  /** Because the account is probably used by several people. */
  | 'SUSPECTED_ACCOUNT_SHARING'
  /** Because the person probably holds several accounts. */
  | 'SUSPECTED_MULTI_ACCOUNTING';

/** What the business decided about the customer. */
export type CustomerEvaluationReportedStatus =
  /** The customer was let in. */
  | 'ALLOWED'
  /** The customer was blocked. */
  | 'BLOCKED'
  /** The customer was let in with limits, or after a further check. */
  | 'RESTRICTED';

/** Stripe’s interpretation of a score. The bands are from Stripe’s guide and may change: decide by level. */
export type CustomerEvaluationRiskLevel =
  /** More risk than usual, a score from 65 to below 75: look closer, or add a check. */
  | 'ELEVATED'
  /** The highest risk, a score of 75 or more: block, or ask for proof. */
  | 'HIGHEST'
  /** Less risk than usual. Stripe states no band for it. */
  | 'LOW'
  /** Nothing unusual, a score below 65. */
  | 'NORMAL'
  /** Stripe made no assessment. */
  | 'NOT_ASSESSED'
  /** Stripe does not know, or returned a level that is newer than this gateway: decide by score. */
  | 'UNKNOWN';

/** The name of a signal, for pending signals. */
export type CustomerEvaluationSignalKind =
  /** `accountSharing`. */
  | 'ACCOUNT_SHARING'
  /** `multiAccounting`. */
  | 'MULTI_ACCOUNTING'
  /** A signal that is newer than this gateway. */
  | 'UNKNOWN';

/** What the business did with the customer, as reported to Stripe. */
export type CustomerEvaluationStatus =
  /** The customer was let in. */
  | 'ALLOWED'
  /** The customer was blocked. */
  | 'BLOCKED'
  /** The customer was let in with limits, or after a further check. */
  | 'RESTRICTED'
  /** A status that is newer than this gateway. */
  | 'UNKNOWN';

/** A part of a report that could not be passed on to Stripe. */
export type CustomerEvaluationWarningCode =
  /** The customer was not attached to the evaluation: this Stripe API has no field for it in this report. */
  | 'CUSTOMER_NOT_ATTACHED'
  /** The reason was not reported: this Stripe API has no field for it. */
  | 'REASON_NOT_REPORTED'
  /** RESTRICTED was reported as a success: this Stripe API has no such status. */
  | 'STATUS_NOT_REPORTED';

/** What is known of the client’s device and connection when there is no Radar Session. */
export type EvaluationClientDataInput = {
  /** The client’s IP address as your server sees it. 1 to 5,000 characters. */
  ip: string;
  /** The page that led here. 1 to 5,000 characters: leave it out where the browser’s `document.referrer` is empty. */
  referrer?: string | null | undefined;
  /** The browser’s `User-Agent`. 1 to 5,000 characters. */
  userAgent?: string | null | undefined;
};

/** The client: a Radar Session if there is one, otherwise `data`. Set exactly one. */
export type EvaluationClientDetailsInput =
  {   /** The fallback if there is no Radar Session. Needs a Stripe API version of June 2026 or later, else `UPSTREAM_UNSUPPORTED`. */
  data: EvaluationClientDataInput; radarSession?: never; }
  |  { data?: never;   /** A Radar Session, `rse_…`, that Stripe.js made in the browser. */
  radarSession: string | number; };

/** One thing that is known about the event: exactly one of the fields. */
export type EvaluationContextInput =
  {   /** The client: device and connection. */
  clientDetails: EvaluationClientDetailsInput; customerDetails?: never; }
  |  { clientDetails?: never;   /** The customer, existing or new. */
  customerDetails: EvaluationCustomerDetailsInput; };

/** A customer who has no Stripe object yet. At least one field is needed. */
export type EvaluationCustomerDataInput = {
  /** The e-mail address. 1 to 5,000 characters. */
  email?: string | null | undefined;
  /** The full name. 1 to 5,000 characters. */
  name?: string | null | undefined;
  /** The phone number, in any format. 1 to 5,000 characters. */
  phone?: string | null | undefined;
};

/** The customer, in exactly one of two ways. */
export type EvaluationCustomerDetailsInput =
  {   /** An existing Stripe customer, `cus_…`. */
  customer: string | number; customerData?: never; }
  |  { customer?: never;   /** What is known of a customer who has no Stripe object yet. */
  customerData: EvaluationCustomerDataInput; };

export type CreateCustomerEvaluationMutationVariables = Exact<{
  input: CreateCustomerEvaluationInput;
}>;


export type CreateCustomerEvaluationMutation = { createCustomerEvaluation: { __typename: 'CreateCustomerEvaluationPayload', idempotencyKey: string, customerEvaluation: { __typename: 'CustomerEvaluation', id: string, eventType: CustomerEvaluationEventType, livemode: boolean, createdAt: string, status: CustomerEvaluationStatus | null, pendingSignals: Array<CustomerEvaluationSignalKind>, customer: { __typename: 'StripeCustomer', id: string } | null, events: Array<{ __typename: 'CustomerEvaluationEvent', type: CustomerEvaluationOutcome, occurredAt: string, failureReason: CustomerEvaluationFailureReason | null }> | null, signals:
        | { __typename: 'LoginSignals', accountSharing: { __typename: 'AccountSharingSignal', score: number | null, riskLevel: CustomerEvaluationRiskLevel | null, evaluatedAt: string | null } | null, multiAccounting: { __typename: 'MultiAccountingSignal', score: number | null, riskLevel: CustomerEvaluationRiskLevel | null, evaluatedAt: string | null } | null }
        | { __typename: 'RegistrationSignals', multiAccounting: { __typename: 'MultiAccountingSignal', score: number | null, riskLevel: CustomerEvaluationRiskLevel | null, evaluatedAt: string | null } | null, accountSharing: { __typename: 'AccountSharingSignal', score: number | null, riskLevel: CustomerEvaluationRiskLevel | null, evaluatedAt: string | null } | null }
       | null } | null, errors: Array<{ __typename: 'CustomerEvaluationError', code: CustomerEvaluationErrorCode, message: string, path: Array<string> | null, retryable: boolean, effect: CustomerEvaluationEffect, retryAfterMs: number | null, upstreamRequestId: string | null }> } | null };

export type CustomerEvaluationQueryVariables = Exact<{
  id: string | number;
}>;


export type CustomerEvaluationQuery = { customerEvaluation: { __typename: 'CustomerEvaluation', id: string, eventType: CustomerEvaluationEventType, livemode: boolean, createdAt: string, status: CustomerEvaluationStatus | null, pendingSignals: Array<CustomerEvaluationSignalKind>, customer: { __typename: 'StripeCustomer', id: string } | null, events: Array<{ __typename: 'CustomerEvaluationEvent', type: CustomerEvaluationOutcome, occurredAt: string, failureReason: CustomerEvaluationFailureReason | null }> | null, signals:
      | { __typename: 'LoginSignals', accountSharing: { __typename: 'AccountSharingSignal', score: number | null, riskLevel: CustomerEvaluationRiskLevel | null, evaluatedAt: string | null } | null, multiAccounting: { __typename: 'MultiAccountingSignal', score: number | null, riskLevel: CustomerEvaluationRiskLevel | null, evaluatedAt: string | null } | null }
      | { __typename: 'RegistrationSignals', multiAccounting: { __typename: 'MultiAccountingSignal', score: number | null, riskLevel: CustomerEvaluationRiskLevel | null, evaluatedAt: string | null } | null, accountSharing: { __typename: 'AccountSharingSignal', score: number | null, riskLevel: CustomerEvaluationRiskLevel | null, evaluatedAt: string | null } | null }
     | null } | null };

export type EvaluateLoginMutationVariables = Exact<{
  radarSession: string | number;
  customer: string | number;
  idempotencyKey?: string | null | undefined;
}>;


export type EvaluateLoginMutation = { createCustomerEvaluation: { __typename: 'CreateCustomerEvaluationPayload', idempotencyKey: string, customerEvaluation: { __typename: 'CustomerEvaluation', id: string, pendingSignals: Array<CustomerEvaluationSignalKind>, signals:
        | { __typename: 'LoginSignals', accountSharing: { __typename: 'AccountSharingSignal', score: number | null, riskLevel: CustomerEvaluationRiskLevel | null } | null }
        | { __typename: 'RegistrationSignals' }
       | null } | null, errors: Array<{ __typename: 'CustomerEvaluationError', code: CustomerEvaluationErrorCode, message: string, path: Array<string> | null, retryable: boolean, effect: CustomerEvaluationEffect, retryAfterMs: number | null }> } | null };

export type EvaluateRegistrationMutationVariables = Exact<{
  radarSession: string | number;
  customerData: EvaluationCustomerDataInput;
  idempotencyKey?: string | null | undefined;
}>;


export type EvaluateRegistrationMutation = { createCustomerEvaluation: { __typename: 'CreateCustomerEvaluationPayload', idempotencyKey: string, customerEvaluation: { __typename: 'CustomerEvaluation', id: string, pendingSignals: Array<CustomerEvaluationSignalKind>, signals:
        | { __typename: 'LoginSignals' }
        | { __typename: 'RegistrationSignals', multiAccounting: { __typename: 'MultiAccountingSignal', score: number | null, riskLevel: CustomerEvaluationRiskLevel | null } | null }
       | null } | null, errors: Array<{ __typename: 'CustomerEvaluationError', code: CustomerEvaluationErrorCode, message: string, path: Array<string> | null, retryable: boolean, effect: CustomerEvaluationEffect, retryAfterMs: number | null }> } | null };

export type ReportCustomerEvaluationMutationVariables = Exact<{
  id: string | number;
  report: CustomerEvaluationReportInput;
  idempotencyKey?: string | null | undefined;
}>;


export type ReportCustomerEvaluationMutation = { reportCustomerEvaluation: { __typename: 'ReportCustomerEvaluationPayload', idempotencyKey: string, customerEvaluation: { __typename: 'CustomerEvaluation', id: string, status: CustomerEvaluationStatus | null, customer: { __typename: 'StripeCustomer', id: string } | null, events: Array<{ __typename: 'CustomerEvaluationEvent', type: CustomerEvaluationOutcome, occurredAt: string, failureReason: CustomerEvaluationFailureReason | null }> | null } | null, errors: Array<{ __typename: 'CustomerEvaluationError', code: CustomerEvaluationErrorCode, message: string, path: Array<string> | null, retryable: boolean, effect: CustomerEvaluationEffect, retryAfterMs: number | null, upstreamRequestId: string | null }>, warnings: Array<{ __typename: 'CustomerEvaluationWarning', code: CustomerEvaluationWarningCode, message: string, path: Array<string> }> } | null };


export const CreateCustomerEvaluationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateCustomerEvaluation"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateCustomerEvaluationInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createCustomerEvaluation"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"customerEvaluation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"eventType"}},{"kind":"Field","name":{"kind":"Name","value":"livemode"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"customer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"events"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"occurredAt"}},{"kind":"Field","name":{"kind":"Name","value":"failureReason"}}]}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"signals"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"LoginSignals"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"accountSharing"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"score"}},{"kind":"Field","name":{"kind":"Name","value":"riskLevel"}},{"kind":"Field","name":{"kind":"Name","value":"evaluatedAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"multiAccounting"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"score"}},{"kind":"Field","name":{"kind":"Name","value":"riskLevel"}},{"kind":"Field","name":{"kind":"Name","value":"evaluatedAt"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"RegistrationSignals"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"multiAccounting"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"score"}},{"kind":"Field","name":{"kind":"Name","value":"riskLevel"}},{"kind":"Field","name":{"kind":"Name","value":"evaluatedAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"accountSharing"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"score"}},{"kind":"Field","name":{"kind":"Name","value":"riskLevel"}},{"kind":"Field","name":{"kind":"Name","value":"evaluatedAt"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pendingSignals"}}]}},{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"effect"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamRequestId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"idempotencyKey"}}]}}]}}]} as unknown as DocumentNode<CreateCustomerEvaluationMutation, CreateCustomerEvaluationMutationVariables>;
export const CustomerEvaluationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"CustomerEvaluation"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"customerEvaluation"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"eventType"}},{"kind":"Field","name":{"kind":"Name","value":"livemode"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"customer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"events"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"occurredAt"}},{"kind":"Field","name":{"kind":"Name","value":"failureReason"}}]}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"signals"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"LoginSignals"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"accountSharing"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"score"}},{"kind":"Field","name":{"kind":"Name","value":"riskLevel"}},{"kind":"Field","name":{"kind":"Name","value":"evaluatedAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"multiAccounting"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"score"}},{"kind":"Field","name":{"kind":"Name","value":"riskLevel"}},{"kind":"Field","name":{"kind":"Name","value":"evaluatedAt"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"RegistrationSignals"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"multiAccounting"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"score"}},{"kind":"Field","name":{"kind":"Name","value":"riskLevel"}},{"kind":"Field","name":{"kind":"Name","value":"evaluatedAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"accountSharing"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"score"}},{"kind":"Field","name":{"kind":"Name","value":"riskLevel"}},{"kind":"Field","name":{"kind":"Name","value":"evaluatedAt"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pendingSignals"}}]}}]}}]} as unknown as DocumentNode<CustomerEvaluationQuery, CustomerEvaluationQueryVariables>;
export const EvaluateLoginDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"EvaluateLogin"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"radarSession"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"customer"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createCustomerEvaluation"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"eventType"},"value":{"kind":"EnumValue","value":"LOGIN"}},{"kind":"ObjectField","name":{"kind":"Name","value":"evaluationContext"},"value":{"kind":"ListValue","values":[{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"clientDetails"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"radarSession"},"value":{"kind":"Variable","name":{"kind":"Name","value":"radarSession"}}}]}}]},{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"customerDetails"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"customer"},"value":{"kind":"Variable","name":{"kind":"Name","value":"customer"}}}]}}]}]}},{"kind":"ObjectField","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"customerEvaluation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"signals"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"LoginSignals"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"accountSharing"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"score"}},{"kind":"Field","name":{"kind":"Name","value":"riskLevel"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pendingSignals"}}]}},{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"effect"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}}]}},{"kind":"Field","name":{"kind":"Name","value":"idempotencyKey"}}]}}]}}]} as unknown as DocumentNode<EvaluateLoginMutation, EvaluateLoginMutationVariables>;
export const EvaluateRegistrationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"EvaluateRegistration"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"radarSession"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"customerData"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"EvaluationCustomerDataInput"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createCustomerEvaluation"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"eventType"},"value":{"kind":"EnumValue","value":"REGISTRATION"}},{"kind":"ObjectField","name":{"kind":"Name","value":"evaluationContext"},"value":{"kind":"ListValue","values":[{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"clientDetails"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"radarSession"},"value":{"kind":"Variable","name":{"kind":"Name","value":"radarSession"}}}]}}]},{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"customerDetails"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"customerData"},"value":{"kind":"Variable","name":{"kind":"Name","value":"customerData"}}}]}}]}]}},{"kind":"ObjectField","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"customerEvaluation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"signals"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"RegistrationSignals"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"multiAccounting"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"score"}},{"kind":"Field","name":{"kind":"Name","value":"riskLevel"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pendingSignals"}}]}},{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"effect"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}}]}},{"kind":"Field","name":{"kind":"Name","value":"idempotencyKey"}}]}}]}}]} as unknown as DocumentNode<EvaluateRegistrationMutation, EvaluateRegistrationMutationVariables>;
export const ReportCustomerEvaluationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ReportCustomerEvaluation"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"report"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CustomerEvaluationReportInput"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"reportCustomerEvaluation"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"report"},"value":{"kind":"Variable","name":{"kind":"Name","value":"report"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"customerEvaluation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"customer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"events"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"occurredAt"}},{"kind":"Field","name":{"kind":"Name","value":"failureReason"}}]}},{"kind":"Field","name":{"kind":"Name","value":"status"}}]}},{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"effect"}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterMs"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamRequestId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"warnings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}},{"kind":"Field","name":{"kind":"Name","value":"idempotencyKey"}}]}}]}}]} as unknown as DocumentNode<ReportCustomerEvaluationMutation, ReportCustomerEvaluationMutationVariables>;
import type { CreateCustomerEvaluationInput } from '../customer-evaluation/create-customer-evaluation.input.ts';
import type { CustomerEvaluation } from '../customer-evaluation/customer-evaluation.type.ts';
import type { ReportCustomerEvaluationInput } from '../customer-evaluation/report-customer-evaluation.input.ts';
import { ForbiddenError } from '../errors/forbidden-error.ts';

/** What the caller of a request may do. */
export interface Permissions {
  /** Whether the caller has a scope. */
  may(scope: string): boolean;
  /** For which customers it may act: any, its own, or none at all. */
  readonly customer:
    | { readonly kind: 'any' }
    | { readonly kind: 'own'; readonly id: string }
    | { readonly kind: 'none' };
}

/** Throws `ForbiddenError` unless the caller has the scope. */
export function requireScope(rights: Permissions, scope: string): void {
  if (!rights.may(scope)) throw ForbiddenError.lacksScope(scope);
}

/** Throws `ForbiddenError` where a caller that is bound to its own customer names another. */
function requireOwnCustomer({ customer }: Permissions, named: string): void {
  if (customer.kind === 'any' || (customer.kind === 'own' && customer.id === named)) return;
  throw ForbiddenError.otherCustomer();
}

/**
 * Throws `ForbiddenError` where a caller that is bound to a customer asks about another one: by id, or by the data of
 * somebody who has none.
 */
export function requireOwnInput(
  rights: Permissions,
  { evaluationContext }: CreateCustomerEvaluationInput,
): void {
  for (const { customerDetails } of evaluationContext) {
    if (customerDetails?.customer != null) requireOwnCustomer(rights, customerDetails.customer);
    if (customerDetails?.customerData != null && rights.customer.kind === 'own')
      throw ForbiddenError.otherCustomer();
  }
}

/** Throws `ForbiddenError` where a caller that is bound to a customer would attach another one to an evaluation. */
export function requireOwnReport(rights: Permissions, { report }: ReportCustomerEvaluationInput): void {
  for (const customer of [report.registrationSucceeded?.customer, report.outcome?.customer]) {
    if (customer != null) requireOwnCustomer(rights, customer);
  }
}

/** Throws `ForbiddenError` where callers are bound to customers and this one has none: no evaluation can be its own. */
export function requireAnyCustomer({ customer }: Permissions): void {
  if (customer.kind === 'none') throw ForbiddenError.otherCustomer();
}

/**
 * Throws `ForbiddenError` where an evaluation is not about the caller's own customer. One that does not exist is not
 * either: a caller that is bound to a customer learns nothing about the ids of others.
 */
export function requireOwnEvaluation(rights: Permissions, evaluation: CustomerEvaluation | null): void {
  if (rights.customer.kind === 'any') return;
  if (evaluation?.customer == null) throw ForbiddenError.otherCustomer();
  requireOwnCustomer(rights, evaluation.customer.id);
}

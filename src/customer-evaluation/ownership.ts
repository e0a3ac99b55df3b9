import type { Permissions } from '../access/permissions.ts';
import { ForbiddenError } from '../errors/forbidden-error.ts';
import { requireOwnCustomer } from '../graph/authorization.ts';
import type { CreateCustomerEvaluationInput } from './create-customer-evaluation.input.ts';
import type { CustomerEvaluation } from './customer-evaluation.type.ts';
import type { ReportCustomerEvaluationInput } from './report-customer-evaluation.input.ts';

/**
 * Throws `ForbiddenError` if a caller that is bound to a customer asks about another one: by id, or by the data of a
 * person without an id.
 */
export function requireOwnInput(
  permissions: Permissions,
  { evaluationContext }: CreateCustomerEvaluationInput,
): void {
  for (const { customerDetails } of evaluationContext) {
    if (customerDetails?.customer != null) requireOwnCustomer(permissions, customerDetails.customer);
    if (customerDetails?.customerData != null && permissions.customer.kind === 'own')
      throw ForbiddenError.otherCustomer();
  }
}

/** Throws `ForbiddenError` if a caller that is bound to a customer would attach another one to an evaluation. */
export function requireOwnReport(permissions: Permissions, { report }: ReportCustomerEvaluationInput): void {
  for (const customer of [report.registrationSucceeded?.customer, report.outcome?.customer]) {
    if (customer != null) requireOwnCustomer(permissions, customer);
  }
}

/**
 * Throws `ForbiddenError` if an evaluation is not about the caller's own customer, or does not exist: a caller that is
 * bound to a customer must not learn which other ids exist.
 */
export function requireOwnEvaluation(permissions: Permissions, evaluation: CustomerEvaluation | null): void {
  if (permissions.customer.kind === 'any') return;
  if (evaluation?.customer == null) throw ForbiddenError.otherCustomer();
  requireOwnCustomer(permissions, evaluation.customer.id);
}

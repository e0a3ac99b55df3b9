import type {
  CreateCustomerEvaluationMutationVariables,
  CustomerEvaluationQueryVariables,
  EvaluateLoginMutationVariables,
  EvaluateRegistrationMutationVariables,
  ReportCustomerEvaluationMutationVariables,
} from '../../../../schema/generated/customer-evaluations.ts';
import createCustomerEvaluation from '../../../../schema/operations/create-customer-evaluation.graphql';
import customerEvaluation from '../../../../schema/operations/customer-evaluation.graphql';
import evaluateLogin from '../../../../schema/operations/evaluate-login.graphql';
import evaluateRegistration from '../../../../schema/operations/evaluate-registration.graphql';
import reportCustomerEvaluation from '../../../../schema/operations/report-customer-evaluation.graphql';
import type { PageInfo } from '../../page-info.ts';

/** A tab of GraphiQL: the texts of its editors. */
interface OperationTab {
  readonly query: string;
  readonly variables: string;
  readonly headers: string;
}

/** The exact shipped operations, with variables that the upstream accepts unchanged. */
export function shippedTabs(info: PageInfo): [OperationTab, ...OperationTab[]] {
  const { mode, reports, retrieves, customerData } = info;
  const { radarSession, customer, evaluation } = mode === 'sandbox' ? sandboxIds : idsToFillIn;
  const registration: EvaluateRegistrationMutationVariables = {
    radarSession,
    customerData: { email: 'jenny.rosen@example.com', name: 'Jenny Rosen' },
  };
  const login: EvaluateLoginMutationVariables = { radarSession, customer };
  const create: CreateCustomerEvaluationMutationVariables = {
    input: {
      eventType: 'LOGIN',
      evaluationContext: [{ clientDetails: { radarSession } }, { customerDetails: { customer } }],
    },
  };
  const report: ReportCustomerEvaluationMutationVariables = {
    id: evaluation,
    report: reports === 'events' ? { loginSucceeded: 'OCCURRED' } : { outcome: { status: 'ALLOWED' } },
  };
  const retrieval: CustomerEvaluationQueryVariables = { id: evaluation };
  const others: [OperationTab, ...OperationTab[]] = [
    tab(evaluateLogin, login),
    tab(createCustomerEvaluation, create),
    tab(reportCustomerEvaluation, report),
    // Older versions of the upstream cannot retrieve evaluations.
    ...(retrieves ? [tab(customerEvaluation, retrieval)] : []),
  ];
  // Only v1 accepts personal data of a person who is not a Stripe customer yet.
  return customerData ? [tab(evaluateRegistration, registration), ...others] : others;
}

const sandboxIds = {
  radarSession: 'rse_sandbox_elevated',
  customer: 'cus_1',
  // The example evaluation of every sandbox.
  evaluation: 'ceval_example',
};
const idsToFillIn = { radarSession: 'rse_…', customer: 'cus_…', evaluation: 'ceval_…' };

/** JSON with comments, which GraphiQL accepts for headers. */
export const headersToFillIn = `{
  // "authorization": "Bearer …",
  // "x-request-timeout-ms": "3000"
}`;

function tab(query: string, variables: object): OperationTab {
  return { query, variables: JSON.stringify(variables, null, 2), headers: headersToFillIn };
}

import fc from 'fast-check';
import type {
  CreateCustomerEvaluationInput,
  EvaluationClientDataInput,
  EvaluationContextInput,
  EvaluationCustomerDataInput,
} from '../../src/customer-evaluation/create-customer-evaluation.input.ts';
import { legalText } from './texts.ts';

// What a client may omit, it may also send as null.
const optionalText = fc.oneof({ weight: 3, arbitrary: legalText }, fc.constant(null));

const customerData: fc.Arbitrary<EvaluationCustomerDataInput> = fc
  .record({ email: optionalText, name: optionalText, phone: optionalText }, { requiredKeys: [] })
  .filter(({ email, name, phone }) => email != null || name != null || phone != null);

const clientData: fc.Arbitrary<EvaluationClientDataInput> = fc.record(
  { ip: legalText, referrer: optionalText, userAgent: optionalText },
  { requiredKeys: ['ip'] },
);

const contextEntry: fc.Arbitrary<EvaluationContextInput> = fc.oneof(
  legalText.map((radarSession) => ({ clientDetails: { radarSession } })),
  clientData.map((data) => ({ clientDetails: { data } })),
  legalText.map((customer) => ({ customerDetails: { customer } })),
  customerData.map((data) => ({ customerDetails: { customerData: data } })),
);

/** Any input that the schema and the reference permit. */
export const legalInput: fc.Arbitrary<CreateCustomerEvaluationInput> = fc.record({
  eventType: fc.constantFrom('LOGIN' as const, 'REGISTRATION' as const),
  evaluationContext: fc.array(contextEntry, { minLength: 1, maxLength: 4 }),
});

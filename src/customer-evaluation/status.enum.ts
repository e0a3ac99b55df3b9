import { registerEnumType } from 'type-graphql';

/** What the business did with the customer, as reported to Stripe. */
export const CustomerEvaluationStatus = {
  ALLOWED: 'ALLOWED',
  RESTRICTED: 'RESTRICTED',
  BLOCKED: 'BLOCKED',
  UNKNOWN: 'UNKNOWN',
} as const;
export type CustomerEvaluationStatus = keyof typeof CustomerEvaluationStatus;

registerEnumType(CustomerEvaluationStatus, {
  name: 'CustomerEvaluationStatus',
  description: 'What the business did with the customer, as reported to Stripe.',
  valuesConfig: {
    ALLOWED: { description: 'The customer was let in.' },
    RESTRICTED: { description: 'The customer was let in with limits, or after a further check.' },
    BLOCKED: { description: 'The customer was blocked.' },
    UNKNOWN: { description: 'A status that is newer than this gateway.' },
  },
});

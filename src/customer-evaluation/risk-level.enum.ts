import { registerEnumType } from 'type-graphql';

/** Stripe’s reading of a score. */
export const CustomerEvaluationRiskLevel = {
  HIGHEST: 'HIGHEST',
  ELEVATED: 'ELEVATED',
  NORMAL: 'NORMAL',
  LOW: 'LOW',
  NOT_ASSESSED: 'NOT_ASSESSED',
  UNKNOWN: 'UNKNOWN',
} as const;
export type CustomerEvaluationRiskLevel = keyof typeof CustomerEvaluationRiskLevel;

registerEnumType(CustomerEvaluationRiskLevel, {
  name: 'CustomerEvaluationRiskLevel',
  description:
    'Stripe’s interpretation of a score. The bands are from Stripe’s guide and may change: decide by level.',
  valuesConfig: {
    HIGHEST: { description: 'The highest risk, a score of 75 to 100: block, or ask for proof.' },
    ELEVATED: { description: 'More risk than usual, a score of 65 to 74: look closer, or add a check.' },
    NORMAL: { description: 'Nothing unusual, a score of 0 to 64.' },
    LOW: { description: 'Less risk than usual.' },
    NOT_ASSESSED: { description: 'Stripe made no assessment.' },
    UNKNOWN: {
      description:
        'Stripe does not know, or returned a level that is newer than this gateway: decide by score.',
    },
  },
});

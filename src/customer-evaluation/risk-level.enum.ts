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
    HIGHEST: { description: 'The highest risk, a score of 75 or more: block, or ask for proof.' },
    ELEVATED: {
      description: 'More risk than usual, a score from 65 to below 75: look closer, or add a check.',
    },
    NORMAL: { description: 'Nothing unusual, a score below 65.' },
    LOW: { description: 'Less risk than usual. Stripe states no band for it.' },
    NOT_ASSESSED: { description: 'Stripe made no assessment.' },
    UNKNOWN: {
      description:
        'Stripe does not know, or returned a level that is newer than this gateway: decide by score.',
    },
  },
});

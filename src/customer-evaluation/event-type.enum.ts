import { registerEnumType } from 'type-graphql';

/** The event that is evaluated. */
export const CustomerEvaluationEventType = {
  LOGIN: 'LOGIN',
  REGISTRATION: 'REGISTRATION',
  UNKNOWN: 'UNKNOWN',
} as const;
export type CustomerEvaluationEventType = keyof typeof CustomerEvaluationEventType;

/** An event type that can be evaluated. */
export type EventType = Exclude<CustomerEvaluationEventType, 'UNKNOWN'>;

/** The upstream's values for the event types that it evaluates. */
export const stripeEventTypes = { LOGIN: 'login', REGISTRATION: 'registration' } as const satisfies Record<
  EventType,
  string
>;

registerEnumType(CustomerEvaluationEventType, {
  name: 'CustomerEvaluationEventType',
  description: 'The event that is evaluated.',
  valuesConfig: {
    LOGIN: {
      description:
        'An existing customer logs in. The evaluation asks mainly how likely it is that the account is shared.',
    },
    REGISTRATION: {
      description:
        'Somebody signs up. The evaluation asks how likely it is that the same person holds several accounts.',
    },
    UNKNOWN: {
      description:
        'Output only: an event type that is newer than this gateway. As input it is refused with `BAD_USER_INPUT`.',
    },
  },
});

import { registerEnumType } from 'type-graphql';

/** The moment in a customer's life that is evaluated. */
export const CustomerEvaluationEventType = {
  LOGIN: 'LOGIN',
  REGISTRATION: 'REGISTRATION',
  UNKNOWN: 'UNKNOWN',
} as const;
export type CustomerEvaluationEventType = keyof typeof CustomerEvaluationEventType;

/** An event type that can be asked about. */
export type EventType = Exclude<CustomerEvaluationEventType, 'UNKNOWN'>;

/** The upstream's words for the event types that it can be asked about. */
export const eventTypeWords = { LOGIN: 'login', REGISTRATION: 'registration' } as const satisfies Record<
  EventType,
  string
>;

registerEnumType(CustomerEvaluationEventType, {
  name: 'CustomerEvaluationEventType',
  description: 'The moment in a customer’s life that is evaluated.',
  valuesConfig: {
    LOGIN: {
      description: 'An existing customer logs in; asks first of all how likely the account is being shared.',
    },
    REGISTRATION: {
      description: 'Somebody signs up; asks how likely the same person holds several accounts.',
    },
    UNKNOWN: {
      description:
        'Output only: an event type that is newer than this gateway. As input it is refused with `BAD_USER_INPUT`.',
    },
  },
});

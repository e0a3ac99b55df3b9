import {
  type DetailedOutcome,
  detailedOutcomes,
  type ErrorCode,
  type FailureCode,
  type Fault,
  failureCodes,
  topLevelCodes,
} from '../errors/error-codes.ts';

/** How a request can end: the code of its error, or a way that no caller sees. */
export type Outcome =
  | ErrorCode
  | DetailedOutcome
  | 'OK'
  // The client disconnected before its operation began.
  | 'CLIENT_CLOSED'
  // A code that is in no table, so that no label is made from what a client sends.
  | 'OTHER';

/** Whose fault each outcome is. */
export const faults: Readonly<Record<Outcome, Fault | 'none'>> = {
  ...failureFaults(),
  ...topLevelCodes,
  ...detailedOutcomes,
  OK: 'none',
  CLIENT_CLOSED: 'client',
  OTHER: 'gateway',
};

/** The outcome under this code, or `OTHER`. */
export function outcomeOf(code: unknown): Outcome {
  return isOutcome(code) ? code : 'OTHER';
}

/** The outcome of a request that an error ended before GraphQL began. */
export function outcomeOfRefusal(error: {
  code?: unknown;
  outcome?: unknown;
  statusCode?: number | undefined;
}): Outcome {
  const { code, outcome, statusCode = 500 } = error;
  if (isOutcome(outcome)) return outcome;
  if (isOutcome(code)) return code;
  return statusCode < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR';
}

function isOutcome(code: unknown): code is Outcome {
  return typeof code === 'string' && Object.hasOwn(faults, code);
}

function failureFaults(): Readonly<Record<FailureCode, Fault>> {
  const entries = Object.entries(failureCodes).map(([code, { fault }]) => [code, fault]);
  return Object.fromEntries(entries);
}

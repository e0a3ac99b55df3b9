import type { InputProblems, Path } from '../graph/input-validation.ts';
import type { CustomerEvaluationEventType, EventType } from './event-type.enum.ts';

/** The client's event type; undefined, with a problem added, for `UNKNOWN`, which is only for responses. */
export function knownEventType(
  problems: InputProblems,
  eventType: CustomerEvaluationEventType,
  path: Path,
): EventType | undefined {
  if (eventType !== 'UNKNOWN') return eventType;
  problems.add(path, 'must be LOGIN or REGISTRATION; UNKNOWN is only returned in responses.');
  return undefined;
}

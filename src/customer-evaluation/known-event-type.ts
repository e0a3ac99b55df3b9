import type { InputProblems, Path } from '../graph/input-validation.ts';
import type { CustomerEvaluationEventType, EventType } from './event-type.enum.ts';

/** The event type that a client names; undefined, and a problem, where it is the one for answers. */
export function knownEventType(
  problems: InputProblems,
  eventType: CustomerEvaluationEventType,
  path: Path,
): EventType | undefined {
  if (eventType !== 'UNKNOWN') return eventType;
  problems.add(path, 'takes LOGIN or REGISTRATION; UNKNOWN stands only in answers.');
  return undefined;
}

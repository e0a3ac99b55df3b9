import { type InputProblems, oneOfNotEnforced, type Path } from '../graph/input-validation.ts';
import type { ClientDetailsParams } from '../stripe/customer-evaluation.wire.ts';
import type { EvaluationClientDetailsInput } from './create-customer-evaluation.input.ts';

/** The client's parameters for both of Stripe's APIs: a Radar Session, or data in its place. */
export function clientDetailsParams(
  problems: InputProblems,
  { radarSession, data }: EvaluationClientDetailsInput,
  path: Path,
): ClientDetailsParams {
  if (radarSession != null) {
    return { radar_session: problems.required(radarSession, path, 'radarSession') };
  }
  if (data != null) {
    const at = [...path, 'data'];
    return {
      data: {
        ip: problems.required(data.ip, at, 'ip'),
        referrer: problems.optional(data.referrer, at, 'referrer'),
        user_agent: problems.optional(data.userAgent, at, 'userAgent'),
      },
    };
  }
  throw oneOfNotEnforced();
}

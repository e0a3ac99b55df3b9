import { UpstreamCallError } from '../errors/upstream-call-error.ts';

/** An upstream parameter's place in the client's input, and the parameters below it. */
export interface Place {
  /** What is added to the path; nothing where the upstream's level has no counterpart. */
  readonly at: readonly string[];
  readonly below?: Places;
  /** The parameter is an array: its indices are the client's, since the order of entries is kept. */
  readonly indexed?: true;
}

/** Places by the upstream's names of the parameters. */
export type Places = Readonly<Record<string, Place>>;

/**
 * Translates the upstream's `evaluation_context[0][client_details][radar_session]` to the field as the client
 * wrote it: `['input', 'evaluationContext', '0', 'clientDetails', 'radarSession']`. Ends before the first name
 * that no client wrote, such as an entry's `type`; undefined where not even the first is the client's.
 */
export function clientPath(param: string | undefined, places: Places): string[] | undefined {
  const path = ['input'];
  let below = places;
  let indexed = false;
  for (const name of param?.match(/[^[\]]+/g) ?? []) {
    if (indexed && /^\d{1,6}$/.test(name)) {
      path.push(name);
      indexed = false;
      continue;
    }
    const place = Object.hasOwn(below, name) ? below[name] : undefined;
    if (place === undefined) break;
    path.push(...place.at);
    below = place.below ?? {};
    indexed = place.indexed ?? false;
  }
  return path.length > 1 ? path : undefined;
}

/** An upstream call, whose failure names the field as the client wrote it. */
export async function withClientPath<Result>(places: Places, call: Promise<Result>): Promise<Result> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof UpstreamCallError)) throw error;
    const path = clientPath(error.param, places);
    throw path === undefined ? error : error.at(path);
  }
}

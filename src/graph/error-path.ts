import { UpstreamCallError } from '../errors/upstream-call-error.ts';

/** Where an upstream parameter is in the client's input, with the parameters below it. */
export interface Place {
  /** The segments to append to the path; empty if the upstream's level has no counterpart. */
  readonly at: readonly string[];
  readonly below?: Places;
  /** The parameter is an array. Its indices equal the client's, since entries keep their order. */
  readonly indexed?: true;
}

/** Places by upstream parameter name. */
export type Places = Readonly<Record<string, Place>>;

/**
 * Translates the upstream's `evaluation_context[0][client_details][radar_session]` to the client's field: `['input',
 * 'evaluationContext', '0', 'clientDetails', 'radarSession']`. Stops before the first name without a counterpart in the
 * input, such as an entry's `type`; undefined if the first has none.
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

/** Makes an upstream call; its failure names the field as the client wrote it. */
export async function withClientPath<Result>(places: Places, call: Promise<Result>): Promise<Result> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof UpstreamCallError)) throw error;
    const path = clientPath(error.param, places);
    throw path === undefined ? error : error.at(path);
  }
}

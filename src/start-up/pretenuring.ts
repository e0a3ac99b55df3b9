import { setFlagsFromString } from 'node:v8';

/**
 * Stops V8 from allocating objects in the old generation because earlier ones from the same allocation site lived long
 * (pretenuring). Under load every request lives long, as it waits for the upstream or in a queue; V8 then pretenures
 * parts of Node's requests and responses, and each of them keeps what it refers to, in effect the whole request, until
 * the next major collection.
 */
export function disablePretenuring(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}

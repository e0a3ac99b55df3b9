import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** A request's id. A valid id from a router or ingress is kept, so that the request can be traced through all logs. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const id = headers['x-request-id'];
  return typeof id === 'string' && /^[\w.-]{1,128}$/.test(id) ? id : randomUUID();
}

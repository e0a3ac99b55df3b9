import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** A request's id: that of a router or ingress is kept if it is one, so that it can be followed through the logs. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const id = headers['x-request-id'];
  return typeof id === 'string' && /^[\w.-]{1,128}$/.test(id) ? id : randomUUID();
}

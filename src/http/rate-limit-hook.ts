import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import type { Logger } from 'pino';
import type { Access } from '../access/access.ts';
import type { OverLimit } from '../access/rate-limits.ts';
import { RateLimitedError } from '../errors/rate-limited-error.ts';
import { addressIn } from './forwarded-address.ts';

/**
 * Charges a request one call before its body is read, so that invalid documents and bodies are limited as well. Further
 * upstream calls of its operation are charged once the operation is parsed.
 */
export function chargeRequest(access: Access) {
  return (request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    const charged = charge(request, access, 1);
    if (charged instanceof Promise) charged.then(done, done);
    else done(charged);
  };
}

/**
 * Charges upstream calls to the request's caller and address; returns an error if either is over its limit. Synchronous
 * unless counters are shared.
 */
export function charge(
  request: FastifyRequest,
  access: Access,
  calls: number,
): RateLimitedError | undefined | Promise<RateLimitedError | undefined> {
  const { caller, callLog } = request;
  const address = countedAddress(request, access, callLog);
  const charged = (over: OverLimit | undefined): RateLimitedError | undefined => {
    const { rateLimitedLog } = request.server;
    const key = caller.isNamed ? caller.id : address;
    if (key !== undefined && access.limits.limitsCallers) rateLimitedLog.charged(key);
    if (over === undefined) return undefined;
    if (over.of === 'address') warnOfUnnamedProxy(request, access, callLog);
    const pseudonym = caller.isNamed ? access.pseudonymize(caller.id) : 'unnamed';
    const fields = { requestId: request.id, ...request.record.logFields };
    rateLimitedLog.limited(key ?? '', pseudonym, callLog, fields);
    return new RateLimitedError(over.waitMs);
  };
  const over = access.limits.charge({ caller, address }, calls);
  return over instanceof Promise ? over.then(charged) : charged(over);
}

/** The address to charge for a request; undefined if addresses are not counted. */
export function countedAddress(request: FastifyRequest, access: Access, log: Logger): string | undefined {
  if (!access.countsAddresses) return undefined;
  // Undefined for a closed connection, despite Fastify's type; nothing is sent upstream for its client.
  const { ip }: { readonly ip?: string } = request;
  if (ip === undefined) return undefined;
  const address = addressIn(ip);
  if (address !== undefined) return address;
  warnOnce(
    access,
    log,
    'unreadable address in X-Forwarded-For: callers behind this proxy share the rate limit of its address',
  );
  // A proxy may forward something that is not an address; the connection always has one.
  return request.socket.remoteAddress;
}

/** Warns that callers over the limit of their address may only share a proxy, which `TRUST_PROXY` does not name. */
export function warnOfUnnamedProxy(
  { ip, headers, socket }: FastifyRequest,
  access: Access,
  log: Logger,
): void {
  if (!access.countsAddresses || headers['x-forwarded-for'] === undefined || ip !== socket.remoteAddress)
    return;
  warnOnce(
    access,
    log,
    'X-Forwarded-For is ignored, so the callers behind a proxy share the rate limit of its address: name the proxy in TRUST_PROXY',
  );
}

// Once per gateway: a misconfigured proxy sends such headers with each request.
const warnedOf = new WeakMap<Access, Set<string>>();

function warnOnce(access: Access, log: Logger, warning: string): void {
  const warned = warnedOf.get(access) ?? new Set();
  warnedOf.set(access, warned);
  if (warned.has(warning)) return;
  warned.add(warning);
  log.warn(warning);
}

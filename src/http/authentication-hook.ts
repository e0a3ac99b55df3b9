import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import type { Logger } from 'pino';
import type { Access } from '../access/access.ts';
import type { Authentication } from '../access/authentication.ts';
import type { Caller } from '../access/caller.ts';
import type { Wait } from '../access/rate-limit-counter.ts';
import { IdentityUnavailableError, UnauthenticatedError } from '../errors/authentication-errors.ts';
import { ForbiddenError } from '../errors/forbidden-error.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import { RateLimitedError } from '../errors/rate-limited-error.ts';
import type { StripeAccount } from '../stripe/http/per-account.ts';
import { addressIn } from './forwarded-address.ts';
import { headerValues } from './header-values.ts';
import { RateLimitedLog } from './rate-limited-log.ts';
import { RefusedCallersLog } from './refused-callers-log.ts';

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller;
    /** The Stripe account of the calls; undefined for the configured one. */
    account: StripeAccount;
    /** Adds the request id, trace ids and account to each line, and the pseudonym of a named caller. */
    callLog: Logger;
  }
  interface FastifyInstance {
    rateLimitedLog: RateLimitedLog;
  }
}

/** Authenticates the caller before any of the body is read, and refuses unauthenticated requests. */
export function callerHook(server: FastifyInstance, access: Access, log: Logger) {
  server.decorateRequest('caller');
  server.decorateRequest('callLog');
  server.decorateRequest('account');
  const refusedCallers = new RefusedCallersLog(log);
  const rateLimitedLog = new RateLimitedLog(log);
  server.decorate('rateLimitedLog', rateLimitedLog);
  server.addHook('onClose', async () => {
    refusedCallers.close();
    rateLimitedLog.close();
  });

  const refuse = (request: FastifyRequest, reason: string): GatewayError => {
    refusedCallers.refused(reason, { requestId: request.id, ...request.record.logFields });
    const wait = access.limits.chargeRefusal(countedAddress(request, access, log));
    return wait === undefined ? new UnauthenticatedError() : new RateLimitedError(wait);
  };

  const refuseWithoutAccount = (request: FastifyRequest, done: HookHandlerDoneFunction): void => {
    refusedCallers.refused('the caller names no Stripe account', {
      requestId: request.id,
      ...request.record.logFields,
    });
    const charged = charge(request, access, 1);
    const refuseWith = (limited: RateLimitedError | undefined): void =>
      done(limited ?? ForbiddenError.noAccount());
    if (charged instanceof Promise) charged.then(refuseWith, done);
    else refuseWith(charged);
  };

  const settle = (
    authentication: Authentication,
    request: FastifyRequest,
    done: HookHandlerDoneFunction,
  ): void => {
    if (authentication.outcome === 'known') {
      const { caller } = authentication;
      const account = access.accountOf(caller);
      // Logged in full: an account id is not personal data, and operators must see which account's calls fail.
      const stripeAccount = account == null ? {} : { stripeAccount: account };
      const bindings = { requestId: request.id, ...stripeAccount, ...request.record.logFields };
      request.caller = caller;
      request.account = account ?? undefined;
      request.record.account = account ?? undefined;
      request.callLog = log.child(
        caller.isNamed ? { ...bindings, caller: access.pseudonymize(caller.id) } : bindings,
      );
      request.record.log = request.callLog;
      if (account === null) refuseWithoutAccount(request, done);
      else done();
    } else if (authentication.outcome === 'unavailable') done(new IdentityUnavailableError());
    else done(refuse(request, authentication.reason));
  };

  // Synchronous if the caller is known immediately, the normal case.
  return (request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    const authentication = access.authenticator.authenticate(headerValues(request.raw));
    if (authentication instanceof Promise) {
      authentication.then((found) => settle(found, request, done)).catch(done);
    } else settle(authentication, request, done);
  };
}

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
  const charged = (wait: Wait): RateLimitedError | undefined => {
    const { rateLimitedLog } = request.server;
    const key = caller.isNamed ? caller.id : address;
    if (key !== undefined && access.limits.limitsCallers) rateLimitedLog.charged(key);
    if (wait === undefined) return undefined;
    const pseudonym = caller.isNamed ? access.pseudonymize(caller.id) : 'unnamed';
    const fields = { requestId: request.id, ...request.record.logFields };
    rateLimitedLog.limited(key ?? '', pseudonym, callLog, fields);
    return new RateLimitedError(wait);
  };
  const wait = access.limits.charge({ caller, address }, calls);
  return wait instanceof Promise ? wait.then(charged) : charged(wait);
}

// Logged once per gateway: a misconfigured proxy sends such headers with each request.
const loggedFor = new WeakSet<Access>();

function countedAddress(request: FastifyRequest, access: Access, log: Logger): string | undefined {
  if (!access.countsAddresses) return undefined;
  // Undefined for a closed connection, despite Fastify's type; nothing is sent upstream for its client.
  const { ip }: { readonly ip?: string } = request;
  if (ip === undefined) return undefined;
  const address = addressIn(ip);
  if (address !== undefined) return address;
  if (!loggedFor.has(access)) {
    loggedFor.add(access);
    log.warn('unreadable address in X-Forwarded-For: its callers share the rate limit of their proxy');
  }
  // A proxy may forward something that is not an address; the connection always has one.
  return request.socket.remoteAddress;
}

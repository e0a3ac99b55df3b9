import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import type { Logger } from 'pino';
import type { Access } from '../access/access.ts';
import type { Authentication } from '../access/authentication.ts';
import type { Caller } from '../access/caller.ts';
import { IdentityUnavailableError, UnauthenticatedError } from '../errors/authentication-errors.ts';
import { ForbiddenError } from '../errors/forbidden-error.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import { RateLimitedError } from '../errors/rate-limited-error.ts';
import type { StripeAccount } from '../stripe/http/per-account.ts';
import { headerValues } from './header-values.ts';
import { charge, countedAddress, warnOfUnnamedProxy } from './rate-limit-hook.ts';
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
  const callersWithoutAccount = new RefusedCallersLog(log, {
    key: 'reason',
    first: 'request refused',
    more: 'more requests refused for the same reason',
  });
  const rateLimitedLog = new RateLimitedLog(log);
  server.decorate('rateLimitedLog', rateLimitedLog);
  server.addHook('onClose', async () => {
    refusedCallers.close();
    callersWithoutAccount.close();
    rateLimitedLog.close();
  });

  const refuse = (request: FastifyRequest, reason: string): GatewayError => {
    refusedCallers.refused(reason, { requestId: request.id, ...request.record.logFields });
    const wait = access.limits.chargeRefusal(countedAddress(request, access, log));
    if (wait === undefined) return new UnauthenticatedError();
    warnOfUnnamedProxy(request, access, log);
    return new RateLimitedError(wait);
  };

  const refuseWithoutAccount = (request: FastifyRequest, done: HookHandlerDoneFunction): void => {
    callersWithoutAccount.refused('the caller names no Stripe account', {
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

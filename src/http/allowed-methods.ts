import type { FastifyInstance } from 'fastify';
import { BadRequestError } from '../errors/bad-request-error.ts';
import type { Origins } from './cors.ts';
import { HttpError } from './http-error.ts';

/**
 * Refuses methods that a path does not support, and lists those that it does in `Allow`. Runs before the body is read,
 * and before the CORS plugin, which would answer an OPTIONS that is not a preflight in its own format. Must be called
 * before the routes are added.
 */
export function refuseOtherMethods(server: FastifyInstance, origins: Origins): void {
  const methodsOf = new Map<string, Set<string>>();
  server.addHook('onRoute', ({ url, method }) => {
    // The CORS plugin's route for preflights of any path.
    if (url === '*') return;
    const methods = methodsOf.get(url) ?? new Set();
    methodsOf.set(url, methods);
    for (const one of [method].flat()) methods.add(one);
  });
  const allowedAt = (path: string): string | undefined => {
    for (const [url, methods] of methodsOf) {
      if (patternOf(url).test(path)) return [...methods].sort().join(', ');
    }
    return undefined;
  };
  server.addHook('onRequest', ({ headers, is404, method, url }, reply, done) => {
    const isStrayOptions = method === 'OPTIONS' && !isPreflight(headers);
    if (!is404 && !isStrayOptions) {
      done();
      return;
    }
    reply.headers(origins.headersFor(headers.origin));
    const allow = allowedAt(url.split('?', 1)[0] ?? '');
    done(allow === undefined ? new HttpError(404) : BadRequestError.methodNotAllowed(allow));
  });
}

function patternOf(url: string): RegExp {
  return new RegExp(`^${url.replace(/:\w+/g, '[^/]+')}$`);
}

/** Whether an OPTIONS request is a CORS-preflight request, as the Fetch standard defines it. */
function isPreflight(headers: Readonly<Record<string, unknown>>): boolean {
  return headers['origin'] !== undefined && headers['access-control-request-method'] !== undefined;
}

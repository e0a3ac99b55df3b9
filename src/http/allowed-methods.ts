import type { FastifyInstance } from 'fastify';
import { BadRequestError } from '../errors/bad-request-error.ts';
import type { Origins } from './cors.ts';
import { UnfitRequest } from './unfit-request.ts';

/**
 * Refuses methods that a path does not take, and names those that it does. Comes before the body is read, which
 * nobody would look at, and before the CORS plugin, which answers an OPTIONS that is no preflight in a form of its
 * own. Must be called before the routes are added.
 */
export function refuseOtherMethods(server: FastifyInstance, origins: Origins): void {
  const methodsOf = new Map<string, Set<string>>();
  server.addHook('onRoute', ({ url, method }) => {
    // The CORS plugin's, for preflights of any path.
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
    done(allow === undefined ? new UnfitRequest(404) : BadRequestError.methodNotAllowed(allow));
  });
}

function patternOf(url: string): RegExp {
  return new RegExp(`^${url.replace(/:\w+/g, '[^/]+')}$`);
}

/** Whether an OPTIONS request asks for a page, as the Fetch standard defines a CORS-preflight request. */
function isPreflight(headers: Readonly<Record<string, unknown>>): boolean {
  return headers['origin'] !== undefined && headers['access-control-request-method'] !== undefined;
}

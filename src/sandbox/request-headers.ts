import type { FastifyRequest } from 'fastify';

export function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The key of the request, by Basic with the key as user name or by Bearer; undefined if it is not a secret key. */
export function secretKeyOf(request: FastifyRequest): string | undefined {
  const [scheme, credentials = ''] = (request.headers.authorization ?? '').split(' ');
  const key =
    scheme === 'Basic' ? Buffer.from(credentials, 'base64').toString().replace(/:$/, '') : credentials;
  return /^(sk|rk|sk_org)_(test|live)_\w+$/.test(key) ? key : undefined;
}

export function isLive(request: FastifyRequest): boolean {
  return secretKeyOf(request)?.includes('_live_') ?? false;
}

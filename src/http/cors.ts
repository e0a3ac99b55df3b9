import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

const exposedHeaders = ['retry-after', 'x-request-id'];

/** Lets pages of these origins ask, and read what they are told. */
export async function allowOrigins(server: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  await server.register(cors, {
    origin: [...origins],
    methods: ['GET', 'POST'],
    exposedHeaders,
    maxAge: 600,
  });
}

/** The same headers for an answer that is written without Fastify. */
export function corsHeadersFor(origins: readonly string[]) {
  const vary: Readonly<Record<string, string>> = origins.length === 0 ? {} : { vary: 'Origin' };
  return (origin: string | undefined): Readonly<Record<string, string>> =>
    origin === undefined || !origins.includes(origin)
      ? vary
      : {
          ...vary,
          'access-control-allow-origin': origin,
          'access-control-expose-headers': exposedHeaders.join(', '),
        };
}

import type { FastifyRequest } from 'fastify';
import type { SandboxResponse } from './response.ts';

/** An endpoint of the sandbox. */
export interface SandboxRoute {
  readonly method: 'DELETE' | 'GET' | 'POST';
  readonly url: string;
  readonly answer: (request: FastifyRequest) => Promise<SandboxResponse>;
}

/** The id in the URL of a call about one object; empty if there is none. */
export function idIn(request: FastifyRequest): string {
  return (request.params as { id?: string }).id ?? '';
}

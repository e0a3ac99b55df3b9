import type { FastifyRequest } from 'fastify';
import type { SandboxResponse } from '../response.ts';

export function refusal(
  status: number,
  words: { code?: string; param?: string; message: string },
): SandboxResponse {
  return { status, body: { error: { type: 'invalid_request_error', ...words } }, kept: false };
}

export function unrecognizedUrl(request: FastifyRequest): SandboxResponse {
  return refusal(404, { message: `Unrecognized request URL (${request.method}: ${request.url}).` });
}

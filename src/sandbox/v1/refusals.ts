import type { FastifyRequest } from 'fastify';
import type { SandboxAnswer } from '../answer.ts';

export function refusal(
  status: number,
  words: { code?: string; param?: string; message: string },
): SandboxAnswer {
  return { status, body: { error: { type: 'invalid_request_error', ...words } }, kept: false };
}

export function unrecognizedUrl(request: FastifyRequest): SandboxAnswer {
  return refusal(404, { message: `Unrecognized request URL (${request.method}: ${request.url}).` });
}

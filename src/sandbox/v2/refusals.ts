import type * as z from 'zod';
import type { SandboxError } from '../magic-values.ts';
import type { SandboxResponse } from '../response.ts';
import { bracketed } from '../sent-strings.ts';

/** An error in v2's format: a code and a message, often no type, and no `param`. */
export function refusal({ status, type, code, message, headers }: SandboxError): SandboxResponse {
  return {
    status,
    body: { error: { code: code ?? type ?? 'unknown', message, type } },
    ...(headers === undefined ? {} : { headers }),
  };
}

export const noSuchEvaluation = refusal({
  status: 403,
  code: 'account_evaluation_inaccessible',
  message: 'The account evaluation does not exist, or you cannot access it.',
});

export function notFound(what: string): SandboxResponse {
  return refusal({ status: 404, code: 'not_found', message: `There is no such ${what}.` });
}

export function invalidFields(message: string): SandboxResponse {
  return refusal({ status: 400, code: 'invalid_fields', message });
}

/** Parses a JSON body, and validates it against the call's schema. */
export function readBody<Params>(
  body: string,
  schema: z.ZodType<Params>,
): { params: Params } | { refused: SandboxResponse } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return {
      refused: refusal({ status: 400, code: 'invalid_json', message: 'The body must be JSON.' }),
    };
  }
  const result = schema.safeParse(parsed);
  if (result.success) return { params: result.data };
  const [issue] = result.error.issues;
  if (issue === undefined) throw new Error('a refusal without an issue');
  const place = issue.path.length === 0 ? 'the body' : bracketed(issue.path);
  return { refused: invalidFields(`${place}: ${issue.message}`) };
}

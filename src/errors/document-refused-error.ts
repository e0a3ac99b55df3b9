import type { TopLevelCode } from './error-codes.ts';
import { GatewayError } from './gateway-error.ts';

/** Under Apollo's codes, which its clients and others understand. */
const refusals = {
  PERSISTED_QUERY_NOT_FOUND: { status: 200, message: 'PersistedQueryNotFound' },
  PERSISTED_QUERY_NOT_IN_LIST: {
    status: 400,
    message: 'No trusted document has this id: ship the manifest that names it, or correct the id.',
  },
  QUERY_NOT_IN_SAFELIST: {
    status: 400,
    message: 'Only trusted documents are accepted. Send one of them, by its id or with its exact text.',
  },
  PERSISTED_QUERY_HASH_MISMATCH: {
    status: 400,
    message: 'The hash does not match the query: send the SHA-256 of its exact text, in hexadecimal.',
  },
} as const satisfies Partial<Record<TopLevelCode, { status: number; message: string }>>;

export type DocumentRefusalCode = keyof typeof refusals;

/** The document is not trusted, or its id is unknown. */
export class DocumentRefusedError extends GatewayError {
  override readonly name = 'DocumentRefusedError';
  override readonly code: DocumentRefusalCode;
  override readonly statusCode: number;

  constructor(code: DocumentRefusalCode) {
    super(refusals[code].message);
    this.code = code;
    this.statusCode = refusals[code].status;
  }
}

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { ConfigError } from '../config/config-error.ts';
import { packageRoot } from '../config/package-info.ts';
import type { TopLevelCode } from '../errors/error-codes.ts';
import { manifestOf, sha256 } from './trusted-manifest.ts';

export interface TrustedDocumentsSettings {
  /** `only` runs nothing else; `prefer` runs everything and tells what is not trusted. */
  readonly mode: 'off' | 'prefer' | 'only';
  /** A manifest, or a directory of manifests and GraphQL files, beside the operations shipped here. */
  readonly path: string | undefined;
}

/** The documents that the settings name. Throws a `ConfigError` that names the file at fault. */
export function loadTrustedDocuments(settings: TrustedDocumentsSettings): TrustedDocuments | undefined {
  try {
    return readTrustedDocuments(settings);
  } catch (error) {
    // Files that are missing or malformed: errors all, with a message.
    throw new ConfigError([`TRUSTED_DOCUMENTS_PATH: ${(error as Error).message}`]);
  }
}

/** What a request says of its document. */
export interface DocumentRequest {
  readonly query?: unknown;
  readonly documentId?: unknown;
  readonly extensions?: unknown;
}

/** What becomes of a request, by its document. */
export type Verdict =
  | { readonly verdict: 'trusted'; readonly query: string }
  /** To be run even so; undefined where the request names no document at all. */
  | { readonly verdict: 'untrusted'; readonly hash: string | undefined }
  | { readonly verdict: 'refused'; readonly code: RefusalCode };

/** Apollo's names for them, which its clients and others understand. */
export const documentRefusals = {
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
    message: 'The hash is not that of the query: send the SHA-256 of the same text, in hexadecimal.',
  },
} as const satisfies Partial<Record<TopLevelCode, { status: number; message: string }>>;
type RefusalCode = keyof typeof documentRefusals;

/** The documents that were known when the frontend was built: the only ones that an honest one sends. */
export class TrustedDocuments {
  readonly #mode: 'prefer' | 'only';
  readonly #textById: ReadonlyMap<string, string>;
  readonly #texts: ReadonlySet<string>;

  constructor(mode: 'prefer' | 'only', textById: ReadonlyMap<string, string>) {
    this.#mode = mode;
    this.#textById = textById;
    this.#texts = new Set([...textById.values()].flatMap((text) => [text, withoutBlankLines(text)]));
  }

  /** The documents, as clients spell them. */
  get texts(): Iterable<string> {
    return this.#texts;
  }

  /** Finds a request's document by id, in Apollo's form or as `documentId`, or by its exact text. */
  judge({ query, documentId, extensions }: DocumentRequest): Verdict {
    const id = idIn(documentId, extensions);
    if (typeof query !== 'string' || query === '') return this.#judgeId(id);
    // An id is a hash of the text, or whatever the manifest calls that very text.
    if (id !== undefined && id !== sha256(query) && this.#textById.get(id) !== query) {
      return { verdict: 'refused', code: 'PERSISTED_QUERY_HASH_MISMATCH' };
    }
    if (this.#texts.has(query)) return { verdict: 'trusted', query };
    return this.#mode === 'only'
      ? { verdict: 'refused', code: 'QUERY_NOT_IN_SAFELIST' }
      : { verdict: 'untrusted', hash: sha256(query) };
  }

  #judgeId(id: string | undefined): Verdict {
    if (id === undefined) return { verdict: 'untrusted', hash: undefined };
    const query = this.#textById.get(id);
    if (query !== undefined) return { verdict: 'trusted', query };
    // The first has Apollo's clients send the text as well, which is of use only where it would be run.
    const code = this.#mode === 'prefer' ? 'PERSISTED_QUERY_NOT_FOUND' : 'PERSISTED_QUERY_NOT_IN_LIST';
    return { verdict: 'refused', code };
  }
}

// urql leaves no blank line between definitions (@urql/core 6, `sanitizeDocument`), where graphql-js prints one. What it
// does to literal strings is not followed: documents of pages have variables.
function withoutBlankLines(text: string): string {
  return text.replace(/^\}\n\n(?=\w|\{)/gm, '}\n');
}

// `sha256:` is how the GraphQL-over-HTTP specification's appendix on persisted documents writes ids.
function idIn(documentId: unknown, extensions: unknown): string | undefined {
  if (typeof documentId === 'string' && documentId !== '') {
    return spelled(documentId.replace(/^sha256:/i, ''));
  }
  if (extensions === undefined || extensions === null) return undefined;
  const persisted = apqExtension.safeParse(extensions);
  return persisted.success ? spelled(persisted.data.persistedQuery.sha256Hash) : undefined;
}

/** Hexadecimal hashes are the same in upper case; other ids are not. */
function spelled(id: string): string {
  return /^[\da-f]{64}$/i.test(id) ? id.toLowerCase() : id;
}

const apqExtension = z.object({ persistedQuery: z.object({ sha256Hash: z.string() }) });

// Beside the code, in a checkout as in a container.
const shippedOperations = fileURLToPath(new URL('schema/operations', packageRoot));

/** Reads the trusted documents. Throws an error that names the file at fault. */
export function readTrustedDocuments({ mode, path }: TrustedDocumentsSettings): TrustedDocuments | undefined {
  if (mode === 'off') return undefined;
  const textById = new Map<string, string>();
  for (const file of [...filesAt(shippedOperations), ...(path === undefined ? [] : filesAt(path))]) {
    for (const [id, text] of documentsIn(file)) textById.set(spelled(id), text);
  }
  return new TrustedDocuments(mode, textById);
}

function filesAt(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => ['.graphql', '.gql', '.json'].includes(extname(name)))
    .sort()
    .map((name) => join(path, name));
}

function documentsIn(file: string): [id: string, text: string][] {
  try {
    // Editors on Windows begin files with a byte order mark, which is no JSON and part of no document.
    const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
    if (extname(file) === '.json') return documentsInManifest(JSON.parse(text));
    const { operations } = manifestOf(text);
    // The text itself, too: who imports the file sends it as it stands.
    return [[sha256(text), text], ...operations.map(({ id, body }): [string, string] => [id, body])];
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`);
  }
}

/** Apollo's manifest, or the map from id to text that Relay, urql and GraphQL Code Generator write. */
const manifest = z.union([
  z.object({
    format: z.literal('apollo-persisted-query-manifest'),
    version: z.literal(1),
    operations: z.array(z.object({ id: z.string().min(1), body: z.string().min(1) })),
  }),
  z.record(z.string().min(1), z.string().min(1)),
]);

function documentsInManifest(json: unknown): [id: string, text: string][] {
  const parsed = manifest.safeParse(json);
  if (!parsed.success) throw new Error('is neither an Apollo manifest nor a map from id to document');
  const { data } = parsed;
  const documents =
    'operations' in data && Array.isArray(data.operations)
      ? data.operations.map(({ id, body }): [string, string] => [id, body])
      : Object.entries(data as Record<string, string>);
  // By the text's own hash as well, which is how Apollo's clients name it.
  return documents.flatMap(([id, text]): [string, string][] => [
    [id, text],
    [sha256(text), text],
  ]);
}

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { ConfigError } from '../config/config-error.ts';
import { packageRoot } from '../config/package-info.ts';
import type { DocumentRefusalCode } from '../errors/document-refused-error.ts';
import { manifestOf, sha256 } from './trusted-manifest.ts';

export interface TrustedDocumentsSettings {
  /** `only` rejects all other documents; `prefer` runs and logs them. */
  readonly mode: 'off' | 'prefer' | 'only';
  /** A manifest, or a directory of manifests and GraphQL files, in addition to the shipped operations. */
  readonly path: string | undefined;
}

/** Loads the documents that the settings name. Throws a `ConfigError` that names the invalid file. */
export function loadTrustedDocuments(settings: TrustedDocumentsSettings): TrustedDocuments | undefined {
  try {
    return readTrustedDocuments(settings);
  } catch (error) {
    // A file is missing or malformed.
    throw new ConfigError([`TRUSTED_DOCUMENTS_PATH: ${(error as Error).message}`]);
  }
}

/** The parameters that identify a request's document. */
export interface DocumentRequest {
  readonly query?: unknown;
  readonly documentId?: unknown;
  readonly extensions?: unknown;
}

/** The decision on a request's document. */
export type Verdict =
  | { readonly verdict: 'trusted'; readonly query: string }
  /** Runs anyway; `hash` is undefined if the request has no document. */
  | { readonly verdict: 'untrusted'; readonly hash: string | undefined }
  | { readonly verdict: 'refused'; readonly code: DocumentRefusalCode };

/** The documents known when the frontend was built: a legitimate client sends no others. */
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
    // An id is the hash of the text, or the manifest's id for that text.
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
    // The first code makes Apollo's clients resend with the text, which helps only if untrusted documents are run.
    const code = this.#mode === 'prefer' ? 'PERSISTED_QUERY_NOT_FOUND' : 'PERSISTED_QUERY_NOT_IN_LIST';
    return { verdict: 'refused', code };
  }
}

// urql leaves no blank line between definitions (@urql/core 6, `sanitizeDocument`), but graphql-js prints one. Its
// changes to literal strings are ignored: documents of web pages use variables.
function withoutBlankLines(text: string): string {
  return text.replace(/^\}\n\n(?=\w|\{)/gm, '}\n');
}

// `sha256:` is how the GraphQL-over-HTTP specification's appendix on persisted documents writes ids.
function idIn(documentId: unknown, extensions: unknown): string | undefined {
  if (typeof documentId === 'string' && documentId !== '') {
    return normalized(documentId.replace(/^sha256:/i, ''));
  }
  if (extensions === undefined || extensions === null) return undefined;
  const persisted = apqExtension.safeParse(extensions);
  return persisted.success ? normalized(persisted.data.persistedQuery.sha256Hash) : undefined;
}

/** Hexadecimal hashes are case-insensitive; other ids are not. */
function normalized(id: string): string {
  return /^[\da-f]{64}$/i.test(id) ? id.toLowerCase() : id;
}

const apqExtension = z.object({ persistedQuery: z.object({ sha256Hash: z.string() }) });

// Beside the code, in a checkout as in a container.
const shippedOperations = fileURLToPath(new URL('schema/operations', packageRoot));

/** Reads the trusted documents. Throws an error that names the invalid file. */
export function readTrustedDocuments({ mode, path }: TrustedDocumentsSettings): TrustedDocuments | undefined {
  if (mode === 'off') return undefined;
  const textById = new Map<string, string>();
  for (const file of [...filesAt(shippedOperations), ...(path === undefined ? [] : filesAt(path))]) {
    for (const [id, text] of documentsIn(file)) textById.set(normalized(id), text);
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
    // Editors on Windows may start files with a byte order mark, which neither JSON nor GraphQL allows.
    const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
    if (extname(file) === '.json') return documentsInManifest(JSON.parse(text));
    const { operations } = manifestOf(text);
    // The file's text as well: a client that imports the file sends it unchanged.
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
  // By the text's hash as well, which Apollo's clients send.
  return documents.flatMap(([id, text]): [string, string][] => [
    [id, text],
    [sha256(text), text],
  ]);
}

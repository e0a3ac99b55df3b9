import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readTrustedDocuments, type TrustedDocuments } from '../../src/access/trusted-documents.ts';
import { manifestOf } from '../../src/access/trusted-manifest.ts';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('a manifest of operations', () => {
  it('a manifest lists each operation by the hash of its text, with its kind and the fragments that it uses', () => {
    const text = 'query A { a ...F } mutation B { b } subscription C { c } fragment F on Query { f }';
    const bodies = [
      'query A {\n  a\n  ...F\n}\n\nfragment F on Query {\n  f\n}',
      'mutation B {\n  b\n}',
      'subscription C {\n  c\n}',
    ];
    const names = ['A', 'B', 'C'];
    const types = ['query', 'mutation', 'subscription'];
    expect(manifestOf(text)).toEqual({
      format: 'apollo-persisted-query-manifest',
      version: 1,
      operations: bodies.map((body, index) => ({
        id: hashOf(body),
        name: names[index],
        type: types[index],
        body,
      })),
    });
  });

  it('a manifest lists anonymous operations, and operations whose fragments come first', () => {
    const [operation] = manifestOf('fragment F on Mutation { f } mutation { ...F }').operations;
    expect(operation).toMatchObject({ name: '', type: 'mutation' });
  });
});

describe('the documents that the owner trusts', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'trusted-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const write = (name: string, text: string): string => {
    const file = path.join(directory, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  const read = (mode: 'prefer' | 'only', at?: string): TrustedDocuments =>
    readTrustedDocuments({ mode, path: at }) as TrustedDocuments;

  it('the operator’s trusted documents are not loaded if TRUSTED_DOCUMENTS is off', () => {
    expect(readTrustedDocuments({ mode: 'off', path: '/nowhere' })).toBeUndefined();
  });

  it('the operator’s trusted documents come from all GraphQL files and manifests, in all directories', () => {
    write('a.graphql', 'query A { a }');
    write('deep/er/b.gql', 'query B { b }');
    write('deep/c.json', JSON.stringify({ c: 'query C { c }' }));
    write('d.txt', 'not GraphQL {');
    write('graphql', 'not GraphQL {');
    const documents = read('only', directory);
    for (const query of ['query A { a }', 'query A {\n  a\n}', 'query B { b }', 'query C { c }']) {
      expect(documents.judge({ query })).toEqual({ verdict: 'trusted', query });
      expect(documents.judge({ documentId: hashOf(query) })).toEqual({ verdict: 'trusted', query });
    }
    expect(documents.judge({ documentId: 'c' })).toEqual({ verdict: 'trusted', query: 'query C { c }' });
    expect(documents.judge({ query: 'query D { d }' })).toMatchObject({ verdict: 'refused' });
  });

  it('the operator’s trusted documents from an Apollo manifest are found by its ids and by their hashes', () => {
    const operation = { id: 'own-id', name: 'A', type: 'query', body: 'query A { a }' };
    const manifest = { format: 'apollo-persisted-query-manifest', version: 1, operations: [operation] };
    const documents = read('only', write('manifest.json', JSON.stringify(manifest)));
    const trusted = { verdict: 'trusted', query: operation.body };
    expect(documents.judge({ query: operation.body })).toEqual(trusted);
    for (const id of ['own-id', hashOf(operation.body)]) {
      expect(documents.judge({ documentId: id })).toEqual(trusted);
      expect(documents.judge({ extensions: { persistedQuery: { version: 1, sha256Hash: id } } })).toEqual(
        trusted,
      );
    }
    // Apollo Client sends both after it was told that the hash is unknown.
    expect(documents.judge({ query: operation.body, documentId: hashOf(operation.body) })).toEqual(trusted);
    expect(documents.judge({ documentId: 'format' })).toMatchObject({ verdict: 'refused' });
  });

  it('the operator’s trusted documents come from the last file by name if several files use one id', () => {
    write('a/last-in-its-directory.json', JSON.stringify({ x: 'query A { a }' }));
    write('b.json', JSON.stringify({ x: 'query B { b }' }));
    expect(read('only', directory).judge({ documentId: 'x' })).toMatchObject({ query: 'query B { b }' });
  });

  it('the operator’s trusted documents may have an id that only looks like a hash', () => {
    const documents = read('only', write('map.json', JSON.stringify({ 'urn:sha256:a': 'query A { a }' })));
    expect(documents.judge({ documentId: 'urn:sha256:a' })).toMatchObject({ verdict: 'trusted' });
    expect(documents.judge({ documentId: 'urn:a' })).toMatchObject({ verdict: 'refused' });
  });

  it.each([
    [{ operations: 'query O { o }' }, 'operations', 'query O { o }'],
    [{ format: 'x', operations: 'query O { o }' }, 'format', 'x'],
  ])(
    'the operator’s trusted documents may come from a map with ids of any form: %j',
    (map, documentId, query) => {
      const documents = read('only', write('map.json', JSON.stringify(map)));
      expect(documents.judge({ documentId })).toEqual({ verdict: 'trusted', query });
    },
  );

  it.each([
    [{ format: 'apollo-persisted-query-manifest', version: 2, operations: [] }],
    [{ format: 'other', version: 1, operations: [] }],
    [{ format: 'apollo-persisted-query-manifest', version: 1, operations: [{ id: '', body: 'x' }] }],
    [{ format: 'apollo-persisted-query-manifest', version: 1, operations: [{ id: 'x', body: '' }] }],
    [{ id: '' }],
    [{ '': 'x' }],
    [{ id: 5 }],
    [null],
  ])('the operator’s trusted documents cannot be read from %j, and the error names the file', (content) => {
    const file = write('bad.json', JSON.stringify(content));
    expect(() => read('only', file)).toThrow(
      `${file}: is neither an Apollo manifest nor a map from id to document`,
    );
  });

  it.each([
    [{}, { verdict: 'untrusted', hash: undefined }],
    [{ query: '' }, { verdict: 'untrusted', hash: undefined }],
    [{ query: 5 }, { verdict: 'untrusted', hash: undefined }],
    [{ documentId: 5 }, { verdict: 'untrusted', hash: undefined }],
    [{ extensions: { persistedQuery: {} } }, { verdict: 'untrusted', hash: undefined }],
    [
      { query: '', documentId: 'x' },
      { verdict: 'refused', code: 'PERSISTED_QUERY_NOT_IN_LIST' },
    ],
    [{ query: '{ x }' }, { verdict: 'refused', code: 'QUERY_NOT_IN_SAFELIST' }],
    [
      { query: '{ x }', documentId: 'x' },
      { verdict: 'refused', code: 'PERSISTED_QUERY_HASH_MISMATCH' },
    ],
    [{ documentId: 'sha256:a' }, { verdict: 'trusted', query: 'query A { a }' }],
    [{ documentId: 'xsha256:a' }, { verdict: 'refused', code: 'PERSISTED_QUERY_NOT_IN_LIST' }],
    [{ documentId: 'sha256:sha256:a' }, { verdict: 'refused', code: 'PERSISTED_QUERY_NOT_IN_LIST' }],
    [
      { documentId: 'a', extensions: { persistedQuery: { sha256Hash: 'x' } } },
      { verdict: 'trusted', query: 'query A { a }' },
    ],
  ])('the operator’s trusted documents decide on %j', (request, verdict) => {
    const documents = read('only', write('map.json', JSON.stringify({ a: 'query A { a }' })));
    expect(documents.judge(request)).toEqual(verdict);
  });

  it('the operator’s trusted documents do not exclude others in mode prefer', () => {
    const documents = read('prefer');
    expect(documents.judge({ query: '{ x }' })).toEqual({ verdict: 'untrusted', hash: hashOf('{ x }') });
    expect(documents.judge({ documentId: 'x' })).toEqual({
      verdict: 'refused',
      code: 'PERSISTED_QUERY_NOT_FOUND',
    });
    expect(documents.judge({ query: '{ x }', documentId: 'x' })).toEqual({
      verdict: 'refused',
      code: 'PERSISTED_QUERY_HASH_MISMATCH',
    });
  });
});

import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';

const bom = '\uFEFF';
const text = 'query Own { __typename }';
const inFile = 'query InFile { __typename }\n';
const hashOf = (document: string) => createHash('sha256').update(document).digest('hex');
const apq = (sha256Hash: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash } } });

describe('A document of the owner’s', () => {
  let directory: string;
  let gateway: TestGateway;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'documents-'));
    // Saved with a byte order mark by an editor on Windows; with ids like Relay's (MD5), and like those of other tools.
    writeFileSync(
      join(directory, 'map.json'),
      `${bom}${JSON.stringify({ 'own-id': text, [hashOf('x').toUpperCase()]: text })}`,
    );
    writeFileSync(join(directory, 'own.graphql'), `${bom}${inFile}`);
    gateway = await startTestGateway({ TRUSTED_DOCUMENTS: 'only', TRUSTED_DOCUMENTS_PATH: directory });
  });
  afterAll(async () => {
    await gateway.close();
    rmSync(directory, { recursive: true });
  });

  const post = async (body: object) => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const { data, errors } = (await response.json()) as {
      data?: object;
      errors?: { extensions: { code: string } }[];
    };
    return errors?.[0]?.extensions.code ?? data;
  };

  it.each<[string, object]>([
    ['by its id', { documentId: 'own-id' }],
    ['by its id and its text together', { documentId: 'own-id', query: text }],
    ['by its hash', apq(hashOf(text))],
    ['by its hash in upper case', apq(hashOf(text).toUpperCase())],
    ['by its hash in upper case and its text', { query: text, ...apq(hashOf(text).toUpperCase()) }],
    ['by its hash in upper case as documentId', { documentId: `SHA256:${hashOf(text).toUpperCase()}` }],
    ['by an id that the manifest writes in upper case', { documentId: hashOf('x') }],
    ['by its text, out of a file that begins with a byte order mark', { query: inFile }],
    ['by its id, with an empty query', { documentId: 'own-id', query: '' }],
    [
      'by its text, with a documentId and extensions that are null',
      { query: text, documentId: null, extensions: null },
    ],
  ])('A document of the operator is run %s', async (_, body) => {
    expect(await post(body)).toEqual({ __typename: 'Query' });
  });

  it.each<[string, object, string]>([
    [
      'another’s id beside its text',
      { documentId: 'own-id', query: inFile },
      'PERSISTED_QUERY_HASH_MISMATCH',
    ],
    ['an id in another case', { documentId: 'OWN-ID' }, 'PERSISTED_QUERY_NOT_IN_LIST'],
    ['an unknown id beside its text', { documentId: 'other', query: text }, 'PERSISTED_QUERY_HASH_MISMATCH'],
    [
      'its id beside an unknown text',
      { documentId: 'own-id', query: '{ __typename }' },
      'PERSISTED_QUERY_HASH_MISMATCH',
    ],
  ])('A document of the operator is not run by %s', async (_, body, code) => {
    expect(await post(body)).toBe(code);
  });

  it('A document of the operator is run by GET as well', async () => {
    const response = await fetch(`${gateway.url}/graphql?documentId=own-id&operationName=`, {
      headers: { 'apollo-require-preflight': '1' },
    });
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
  });
});

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { parse, print } from 'graphql';
import { EvaluateLoginDocument } from '../../schema/generated/customer-evaluations.ts';
import { loginAnswer } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { sendRaw } from '../harness/raw-request.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';
import { sharedGateways } from '../harness/shared-gateways.ts';

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const manifest: { operations: { id: string; name: string; type: string; body: string }[] } = JSON.parse(
  readFileSync('schema/generated/persisted-query-manifest.json', 'utf8'),
);
const login = manifest.operations.find(({ name }) => name === 'EvaluateLogin');
const variables = { radarSession: 'rse_1', customer: 'cus_1' };

describe('trusted documents', () => {
  let upstream: RecordingUpstream;
  let gateway: TestGateway;
  const gatewayWith = sharedGateways();
  let directory: string;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    upstream.answer(200, loginAnswer);
    directory = mkdtempSync(join(tmpdir(), 'documents-'));
  });
  afterAll(async () => {
    rmSync(directory, { recursive: true });
    await upstream.close();
  });
  beforeEach(() => {
    upstream.requests.length = 0;
  });

  const start = async (environment: Record<string, string>) => {
    gateway = await gatewayWith(upstreamAt(upstream.url, environment));
  };
  const post = async (body: object) => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const { data, errors } = (await response.json()) as {
      data?: object;
      errors?: { message: string; extensions: { code: string; effect?: string } }[];
    };
    return {
      status: response.status,
      data,
      message: errors?.[0]?.message,
      code: errors?.[0]?.extensions.code,
      effect: errors?.[0]?.extensions.effect,
    };
  };
  const apq = (sha256Hash: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash } } });
  const id = login?.id ?? '';

  it('trusted documents are listed in manifests by the hash of their text', () => {
    expect(manifest.operations.map(({ name }) => name)).toEqual([
      'CreateCustomerEvaluation',
      'CustomerEvaluation',
      'EvaluateLogin',
      'EvaluateRegistration',
      'ReportCustomerEvaluation',
    ]);
    for (const { id, body, type } of manifest.operations) {
      expect(id).toBe(hashOf(body));
      expect(body).toContain(`${type} `);
    }
    const map = JSON.parse(readFileSync('schema/generated/persisted-documents.json', 'utf8'));
    expect(Object.entries(map)).toEqual(manifest.operations.map(({ id, body }) => [id, body]));
  });

  describe('and nothing else', () => {
    beforeEach(() => start({ TRUSTED_DOCUMENTS: 'only' }));

    it.each([
      ['by Apollo’s hash', { variables, ...apq(id) }],
      ['by documentId', { variables, documentId: id }],
      ['by documentId with its algorithm', { variables, documentId: `sha256:${id}` }],
      ['by hash and text', { variables, query: login?.body, ...apq(id) }],
      ['by the text of the manifest', { variables, query: login?.body }],
      [
        'by the text of its file',
        { variables, query: readFileSync('schema/operations/evaluate-login.graphql', 'utf8') },
      ],
      ['by the generated document', { variables, query: print(EvaluateLoginDocument) }],
    ])('trusted documents, and no others, are run %s', async (_, body) => {
      const result = await post(body);
      expect(result).toMatchObject({ status: 200, data: { createCustomerEvaluation: { errors: [] } } });
      expect(upstream.requests).toHaveLength(1);
    });

    it.each([
      ['another text', { query: '{ __typename }' }, 400, 'QUERY_NOT_IN_SAFELIST'],
      ['a trusted text and a space', { query: `${login?.body} `, variables }, 400, 'QUERY_NOT_IN_SAFELIST'],
      ['an unknown hash', apq(hashOf('x')), 400, 'PERSISTED_QUERY_NOT_IN_LIST'],
      ['an unknown documentId', { documentId: 'x' }, 400, 'PERSISTED_QUERY_NOT_IN_LIST'],
      [
        'a trusted hash with another text',
        { query: '{ __typename }', ...apq(id) },
        400,
        'PERSISTED_QUERY_HASH_MISMATCH',
      ],
      [
        'a trusted documentId with another text',
        { query: '{ __typename }', documentId: id },
        400,
        'PERSISTED_QUERY_HASH_MISMATCH',
      ],
      [
        'another hash with its own text',
        { query: '{ __typename }', ...apq(hashOf('{ __typename }')) },
        400,
        'QUERY_NOT_IN_SAFELIST',
      ],
      ['a documentId that is no text', { documentId: { id } }, 400, 'BAD_REQUEST'],
      ['the name of a property', { documentId: '__proto__x' }, 400, 'PERSISTED_QUERY_NOT_IN_LIST'],
      ['a query that is no text', { query: 5, documentId: 'x' }, 400, 'PERSISTED_QUERY_NOT_IN_LIST'],
    ])(
      'a gateway of trusted documents refuses %s, and nothing reaches Stripe',
      async (_, body, status, code) => {
        expect(await post({ variables, ...body })).toMatchObject({ status, code, effect: 'NONE' });
        expect(upstream.requests).toHaveLength(0);
      },
    );

    it.each([
      '/graphql?query={a:__typename}',
      '/graphql?query={a:__typename}&query={a:__typename}',
      '/graphql?%71uery={a:__typename}',
      '/graphql?query[]={a:__typename}',
      '/graphql#?query={a:__typename}',
      '/graphql#x?query={a:__typename}',
      '/graphql?a=1#?query={a:__typename}',
      '/graphql#&query={a:__typename}',
      'http://localhost/graphql#?query={a:__typename}',
      '/graphql??query={a:__typename}',
      '/graphql?;query={a:__typename}',
    ])('trusted documents keep other documents out, however the URL spells them: %s', async (target) => {
      const headers = ['Host: localhost', 'apollo-require-preflight: 1'];
      const answer = await sendRaw(gateway.url, `GET ${target} HTTP/1.1`, headers);
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.body)).not.toHaveProperty('data');
    });

    it('trusted documents are also run by GET, except mutations', async () => {
      const get = (parameters: Record<string, string>) =>
        fetch(`${gateway.url}/graphql?${new URLSearchParams(parameters)}`, {
          headers: { 'apollo-require-preflight': '1' },
        });
      expect((await get({ documentId: id })).status).toBe(405);
      expect((await get({ extensions: JSON.stringify(apq(id).extensions) })).status).toBe(405);
      expect((await get({ query: '{ __typename }' })).status).toBe(400);
      expect((await get({ extensions: '{' })).status).toBe(400);
      expect(upstream.requests).toHaveLength(0);
    });
  });

  it('trusted documents that no longer fit the schema are named in the log at startup, and no others are', async () => {
    const path = mkdtempSync(join(directory, 'old-'));
    const invalid = print(parse('query Old { customerEvaluations { id } }'));
    writeFileSync(join(path, 'old.graphql'), invalid);
    writeFileSync(join(path, 'new.graphql'), 'query One { __typename } query Two { __typename }');
    const own = await startTestGateway({ TRUSTED_DOCUMENTS: 'only', TRUSTED_DOCUMENTS_PATH: path });
    const warnings = (await own.flushed()).filter((line) => line.includes('a trusted document is invalid'));
    expect(warnings.map((line) => JSON.parse(line).documentHash)).toEqual([hashOf(invalid)]);
    await own.close();
  });

  it('trusted documents in mode prefer: an untrusted document is run, and logged once', async () => {
    await start({ TRUSTED_DOCUMENTS: 'prefer' });
    expect((await post({ variables, documentId: id })).status).toBe(200);
    expect((await gateway.flushed()).join('\n')).not.toContain('untrusted document');
    for (let count = 0; count < 3; count += 1) {
      expect((await post({ query: '{ __typename }' })).data).toEqual({ __typename: 'Query' });
    }
    const told = (await gateway.flushed())
      .filter((line) => line.includes('untrusted document'))
      .map((line) => JSON.parse(line));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ level: 'warn', documentHash: hashOf('{ __typename }') });
    // After this response, Apollo Client sends the text as well.
    const unknown = await post(apq(hashOf('{ __typename }')));
    expect(unknown).toMatchObject({
      status: 200,
      code: 'PERSISTED_QUERY_NOT_FOUND',
      message: 'PersistedQueryNotFound',
    });
    expect((await post({ query: '{ __typename }', ...apq(hashOf('{ __typename }')) })).data).toEqual({
      __typename: 'Query',
    });
  });

  it.each([
    ['a directory of GraphQL files', 'own.graphql', '{ own: __typename }'],
    [
      'an Apollo manifest',
      'apollo.json',
      JSON.stringify({
        format: 'apollo-persisted-query-manifest',
        version: 1,
        operations: [{ id: 'own-id', name: 'Own', type: 'query', body: '{ own: __typename }' }],
      }),
    ],
    ['a map from id to text', 'map.json', JSON.stringify({ 'own-id': '{ own: __typename }' })],
  ])('trusted documents include those that the operator adds in %s', async (_, name, content) => {
    const path = join(directory, name);
    writeFileSync(path, content);
    await start({
      TRUSTED_DOCUMENTS: 'only',
      TRUSTED_DOCUMENTS_PATH: name.endsWith('json') ? path : directory,
    });
    expect((await post({ query: '{ own: __typename }' })).data).toEqual({ own: 'Query' });
    if (name.endsWith('json')) expect((await post({ documentId: 'own-id' })).data).toEqual({ own: 'Query' });
    expect((await post({ documentId: id, variables })).status).toBe(200);
    rmSync(path);
  });

  it.each([
    ['missing.json', undefined, 'no such file'],
    ['bad.json', '{', 'JSON'],
    ['other.json', '[1]', 'is neither an Apollo manifest nor a map from id to document'],
    ['bad.graphql', '{', 'Syntax Error'],
  ])('a gateway of trusted documents does not start with %s, and says so', async (name, content, message) => {
    const path = join(directory, name);
    if (content !== undefined) writeFileSync(path, content);
    const starting = startTestGateway({ TRUSTED_DOCUMENTS: 'only', TRUSTED_DOCUMENTS_PATH: path });
    await expect(starting).rejects.toThrow(`TRUSTED_DOCUMENTS_PATH: `);
    await expect(starting).rejects.toThrow(message);
    rmSync(path, { force: true });
  });

  it('trusted documents parse, and graphql-js prints them unchanged', () => {
    for (const { body } of manifest.operations) expect(print(parse(body))).toBe(body);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serverAudits } from 'graphql-http';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

// What the specification recommends and the gateway does not do, with the reason.
const csrf = 'a GET that any page could send without a preflight is refused';
const status400 = 'what never ran is a 400 to every client, so that proxies and monitors see it';
const allowed: Readonly<Record<string, string>> = {
  '5A70': csrf,
  D6D5: csrf,
  '6A70': csrf,
  '572B': status400,
  FDE2: status400,
  '7B9B': status400,
};

// Most audits do not read the body. The connection then stays busy, and the server would wait for it on close.
async function fetchWhole(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  return new Response(await response.text(), response);
}

describe('GraphQL over HTTP', () => {
  const audits = serverAudits({ url: () => `${gateway.url}/graphql`, fetchFn: fetchWhole });

  it.each(audits.map((audit) => [audit.id, audit.name, audit] as const))(
    'GraphQL over HTTP passes the audit %s: %s',
    async (id, _name, audit) => {
      const result = await audit.fn();
      if (id in allowed) expect(['notice', 'warn']).toContain(result.status);
      else expect(result).toMatchObject({ status: 'ok' });
    },
  );

  it('GraphQL over HTTP is audited, and every exception above names an existing audit', () => {
    expect(audits.length).toBeGreaterThan(50);
    expect(audits.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.keys(allowed)));
  });
});

describe('a refusal before GraphQL', () => {
  let closed: TestGateway;

  beforeAll(async () => {
    closed = await startTestGateway({ AUTH_MODE: 'router', ROUTER_SECRET: 'r'.repeat(32) });
  });
  afterAll(() => closed.close());

  it.each([
    ['application/graphql-response+json, application/json;q=0.9', 'application/graphql-response+json'],
    ['application/json', 'application/json'],
    ['*/*', 'application/json'],
  ])('a refusal before GraphQL for Accept: %s has the type %s', async (accept, type) => {
    const { status, headers, errors } = await closed.send('{ __typename }', {}, { accept });
    expect(status).toBe(401);
    expect(headers.get('content-type')).toBe(`${type}; charset=utf-8`);
    expect(errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
  });

  it('a refusal of a document also has the accepted type', async () => {
    const trusting = await startTestGateway({ TRUSTED_DOCUMENTS: 'only' });
    const accept = 'application/graphql-response+json';
    const { status, headers } = await trusting.send('{ __typename }', {}, { accept });
    await trusting.close();
    expect(status).toBe(400);
    expect(headers.get('content-type')).toBe(`${accept}; charset=utf-8`);
  });
});

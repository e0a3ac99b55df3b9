import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';
import { type Balancer, missingNginx, startNginx } from '../harness/nginx.ts';
import { describeUnless } from '../harness/run-unless.ts';

describeUnless(missingNginx(), 'The nginx of deploy/nginx', () => {
  let gateway: TestGateway;
  let nginx: Balancer;

  beforeAll(async () => {
    gateway = await startTestGateway();
    nginx = await startNginx([Number(new URL(gateway.url).port)]);
  });
  afterAll(async () => {
    await nginx.close();
    await gateway.close();
  });

  it.each(['/', '/try', '/index.html', '/graphql/', '/metrics', '/readyz'])(
    'The nginx of deploy/nginx answers %s in the form of the gateway’s own refusals, and shows no page of its own',
    async (path) => {
      const response = await fetch(`${nginx.url}${path}`);
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toMatch(/^application\/json/);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
    },
  );

  it('The nginx of deploy/nginx passes on /graphql and /healthz', async () => {
    const response = await fetch(`${nginx.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ __typename }' }),
    });
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
    expect((await fetch(`${nginx.url}/healthz`)).status).toBe(200);
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything, registration, registrationAnswer } from '../harness/evaluations.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type Issuer, startIssuer } from '../harness/issuer.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

const secret = 'a-router-secret-of-32-characters';

describe('the scope of a client’s idempotency key', () => {
  let issuer: Issuer;
  let upstream: RecordingUpstream;
  let direct: TestGateway;
  let routed: TestGateway;

  beforeAll(async () => {
    issuer = await startIssuer();
    upstream = await startRecordingUpstream();
    upstream.answer(200, registrationAnswer);
    direct = await startTestGateway(upstreamAt(upstream.url, issuer.environment()));
    routed = await startTestGateway(upstreamAt(upstream.url, { AUTH_MODE: 'router', ROUTER_SECRET: secret }));
  });
  afterAll(async () => {
    await direct.close();
    await routed.close();
    await upstream.close();
    await issuer.close();
  });
  beforeEach(() => {
    upstream.requests.length = 0;
  });

  const input = registration({ idempotencyKey: 'sign-up-1' });
  const byToken = async (claims: object) =>
    direct.send(
      createEverything,
      { input },
      { authorization: `Bearer ${await issuer.token({ ...claims })}` },
    );
  const byRouter = (headers: Record<string, string>) =>
    routed.send(createEverything, { input }, { 'x-router-secret': secret, ...headers });
  const keys = () => upstream.requests.map(({ headers }) => headers['idempotency-key']);

  it.each(['jenny', 'josé', '名前', 'auth0|5f7c8ec7c33c6c004bbafe82'])(
    'the scope of an idempotency key is the same for %s, with a token or through a router that names issuer and subject',
    async (sub) => {
      await byToken({ sub });
      await byRouter({
        'x-caller-issuer': issuer.url,
        'x-caller-subject': Buffer.from(sub).toString('latin1'),
      });
      expect(keys()).toHaveLength(2);
      expect(new Set(keys()).size).toBe(1);
    },
  );

  it('the scope of an idempotency key is the same with a person’s next token, and a header Idempotency-Key is ignored', async () => {
    await byToken({ sub: 'jenny', jti: 'first' });
    const renewed = `Bearer ${await issuer.token({ sub: 'jenny', jti: 'second' })}`;
    await direct.send(
      createEverything,
      { input },
      { authorization: renewed, 'idempotency-key': 'the key of a header' },
    );
    expect(keys()).toHaveLength(2);
    expect(new Set(keys()).size).toBe(1);
  });

  it('the scope of an idempotency key is not shared by equal subjects of different issuers, nor by a subject without an issuer', async () => {
    await byToken({ sub: 'jenny' });
    await byRouter({ 'x-caller-issuer': 'https://another.example', 'x-caller-subject': 'jenny' });
    await byRouter({ 'x-caller-subject': 'jenny' });
    expect(new Set(keys()).size).toBe(3);
  });

  it.each<[string, Record<string, string>]>([
    ['subject', { 'x-caller-subject': '' }],
    ['subject of one blank', { 'x-caller-subject': ' ' }],
    ['subject of a no-break space', { 'x-caller-subject': '\u00a0' }],
    ['issuer', { 'x-caller-subject': '1', 'x-caller-issuer': '' }],
    ['customer', { 'x-caller-subject': '1', 'x-caller-customer': ' ' }],
  ])('the scope of an idempotency key is refused if the router sends an empty %s', async (_, headers) => {
    const result = await byRouter(headers);
    expect(result.status).toBe(401);
    expect(result.errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    expect(upstream.requests).toHaveLength(0);
    expect(await routed.logged(/a caller header is blank or appears twice/)).toBeDefined();
  });

  it('a caller for whom the router sends empty scopes has no rights', async () => {
    const result = await byRouter({ 'x-caller-subject': 'jenny', 'x-caller-scopes': ' ' });
    expect(result.errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
    expect(upstream.requests).toHaveLength(0);
  });

  it.each(['', ' ', '\t\n', '\u3000'])(
    'the scope of an idempotency key is refused to a token with the subject %j',
    async (sub) => {
      expect((await byToken({ sub })).status).toBe(401);
      expect(upstream.requests).toHaveLength(0);
    },
  );
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  type Authentication,
  type Authenticator,
  createAuthenticator,
} from '../../src/access/authentication.ts';
import type { Caller } from '../../src/access/caller.ts';
import type { HeaderValues } from '../../src/access/router-headers.ts';
import { type Issuer, type IssuerKey, makeKey, startIssuer } from '../harness/issuer.ts';

type Headers = Readonly<Record<string, readonly string[] | undefined>>;
const sent =
  (headers: Headers): HeaderValues =>
  (name) =>
    headers[name] ?? [];

const requests = { userAgent: 'test/1' };
const known = (caller: Partial<Caller>) => ({ outcome: 'known', caller });
const refused = (reason: string) => ({ outcome: 'refused', reason });
const callerIn = (result: Authentication) => (result.outcome === 'known' ? result.caller : undefined);

describe('a caller, where nobody is asked for credentials', () => {
  it('a gateway without authentication allows every caller everything', async () => {
    const authenticator = createAuthenticator({ mode: 'none' }, requests, () => undefined);
    await authenticator.started;
    expect(await authenticator.authenticate(sent({}))).toMatchObject(
      known({ id: 'anonymous', isNamed: false, scopes: 'all', customer: { kind: 'any' } }),
    );
    expect(authenticator.isReady).toBe(true);
    expect(authenticator.keySetState).toBeUndefined();
    expect(authenticator.recognize(sent({ authorization: ['Bearer x'] }))).toBeUndefined();
    authenticator.close();
  });
});

describe('a caller behind a router', () => {
  const secret = 'a-router-secret-of-32-characters';
  const next = 'the-next-router-secret-of-38-characters';
  const authenticator = createAuthenticator(
    { mode: 'router', secrets: [secret, next], requiredHeaders: [], namesAccounts: false },
    requests,
    () => undefined,
  );
  const by = (headers: Headers) =>
    authenticator.authenticate(sent({ 'x-router-secret': [secret], ...headers }));

  it('a router that names no caller is the caller itself', async () => {
    expect(authenticator.isReady).toBe(true);
    expect(authenticator.keySetState).toBeUndefined();
    for (const given of [secret, next]) {
      expect(await by({ 'x-router-secret': [given] })).toMatchObject(
        known({ isNamed: false, scopes: 'all', customer: { kind: 'any' } }),
      );
    }
  });

  it('a router’s request has the caller that its headers name', async () => {
    const caller = {
      'x-caller-subject': ['someone'],
      'x-caller-scopes': [' evaluations:create  evaluations:read '],
      'x-caller-customer': ['cus_1'],
    };
    expect(await by(caller)).toMatchObject(
      known({
        isNamed: true,
        scopes: new Set(['evaluations:create', 'evaluations:read']),
        customer: { kind: 'own', id: 'cus_1' },
      }),
    );
    expect(await by({ 'x-caller-scopes': [''] })).toMatchObject(known({ scopes: new Set() }));
  });

  it('a router’s caller is recognized by the headers alone, and a request without them has none', async () => {
    const headers = { 'x-router-secret': [secret], 'x-caller-subject': ['someone'] };
    expect(authenticator.recognize(sent(headers))).toBe(
      callerIn(await authenticator.authenticate(sent(headers)))?.id,
    );
    expect(authenticator.recognize(sent({ ...headers, 'x-router-secret': ['another'] }))).toBeUndefined();
  });

  it('two callers behind a router never share an identity, whatever their names', async () => {
    const names: [subject?: string | undefined, issuer?: string][] = [
      [],
      ['a'],
      ['a', 'b'],
      ['ab'],
      [undefined, 'a'],
      ['b', 'a'],
    ];
    const ids = names.map(async ([subject, issuer]) => {
      const headers = {
        ...(subject === undefined ? {} : { 'x-caller-subject': [subject] }),
        ...(issuer === undefined ? {} : { 'x-caller-issuer': [issuer] }),
      };
      const result = await by(headers);
      return result.outcome === 'known' ? result.caller.id : result.outcome;
    });
    const found = await Promise.all(ids);
    expect(new Set(found).size).toBe(names.length);
    // Sent to Stripe as part of a hash, never the name itself.
    for (const id of found) expect(id).toMatch(/^[\w-]{43}$/);
  });

  it.each<[string, Headers, string]>([
    ['without a secret', { 'x-router-secret': undefined }, 'no x-router-secret, or several'],
    ['with two', { 'x-router-secret': [secret, secret] }, 'no x-router-secret, or several'],
    ['with an empty one', { 'x-router-secret': [''] }, 'x-router-secret matches no secret in ROUTER_SECRET'],
    [
      'with another',
      { 'x-router-secret': [`${secret}x`] },
      'x-router-secret matches no secret in ROUTER_SECRET',
    ],
    ...['subject', 'issuer', 'scopes', 'customer'].map((name): [string, Headers, string] => [
      `with two of x-caller-${name}`,
      { [`x-caller-${name}`]: ['a', 'b'] },
      'a caller header is blank or appears twice',
    ]),
    ...['subject', 'issuer', 'customer'].flatMap((name) =>
      ['', ' ', '\u00a0', '\t'].map((blank): [string, Headers, string] => [
        `with a blank x-caller-${name}, ${JSON.stringify(blank)}`,
        { 'x-caller-subject': ['a'], [`x-caller-${name}`]: [blank] },
        'a caller header is blank or appears twice',
      ]),
    ),
  ])('a router’s request is refused %s, and the log says why', async (_, headers, reason) => {
    expect(await by(headers)).toEqual(refused(reason));
  });
});

describe('a caller with a token', () => {
  let issuer: Issuer;
  let authenticator: Authenticator;
  const opened: Authenticator[] = [];

  const start = async (customerClaim?: string): Promise<Authenticator> => {
    const settings = {
      jwksUrl: `${issuer.url}/keys`,
      issuer: issuer.url,
      audiences: ['gateway'],
      audienceClaim: 'aud',
      clockToleranceSeconds: 5,
      customerClaim,
      accountClaim: undefined,
    };
    const own = createAuthenticator({ mode: 'jwt', ...settings }, requests, () => undefined);
    opened.push(own);
    await own.started;
    return own;
  };
  beforeAll(async () => {
    issuer = await startIssuer();
    authenticator = await start();
  });
  afterAll(async () => {
    for (const own of opened) own.close();
    await issuer.close();
  });

  const bring = async (token: string | Promise<string>, at = authenticator) =>
    at.authenticate(sent({ authorization: [`Bearer ${await token}`] }));
  const now = () => Math.floor(Date.now() / 1000);

  it('a token names its caller by the subject, with its scopes, for any customer', async () => {
    expect(authenticator.isReady).toBe(true);
    expect(authenticator.keySetState).toBe('up');
    expect(await bring(issuer.token({ sub: 'a', scope: 'one two' }))).toMatchObject(
      known({ isNamed: true, scopes: new Set(['one', 'two']), customer: { kind: 'any' } }),
    );
  });

  it('a caller is the same with each of its tokens, and different from every other', async () => {
    const idOf = async (claims: Record<string, unknown>) => {
      const result = await bring(issuer.token(claims));
      return result.outcome === 'known' ? result.caller.id : result;
    };
    const id = await idOf({ sub: 'a' });
    expect(id).toMatch(/^[\w-]{43}$/);
    expect(await idOf({ sub: 'a', exp: now() + 60, scope: 'x' })).toBe(id);
    expect(await idOf({ sub: 'b' })).not.toBe(id);
    const router = createAuthenticator(
      { mode: 'router', secrets: ['s'], requiredHeaders: [], namesAccounts: false },
      requests,
      () => undefined,
    );
    const routed = await router.authenticate(
      sent({
        'x-router-secret': ['s'],
        'x-caller-issuer': [issuer.url],
        'x-caller-subject': ['a'],
      }),
    );
    // A retry by the other way must not be a second call.
    expect(routed).toMatchObject({ caller: { id } });
  });

  it.each([
    [{ scope: undefined }, []],
    [{ scope: '' }, []],
    [{ scope: undefined, scp: 'one two' }, ['one', 'two']],
    [{ scope: undefined, scp: ['one', 2, 'two', null] }, ['one', 'two']],
    [{ scope: ['one'] }, ['one']],
    [{ scope: 'one', scp: ['two'] }, ['one']],
    [{ scope: 5 }, []],
    [{ scope: {} }, []],
    [{ scope: null, scp: 'two' }, ['two']],
  ])('a token grants the scopes of %j', async (claims, scopes) => {
    expect(await bring(issuer.token(claims))).toMatchObject(known({ scopes: new Set(scopes) }));
  });

  it.each<[Record<string, unknown>, Caller['customer']]>([
    [{ cus: 'cus_1' }, { kind: 'own', id: 'cus_1' }],
    [{}, { kind: 'none' }],
    [{ cus: null }, { kind: 'none' }],
    [{ cus: 'cus_1', scope: 'evaluations:any-customer' }, { kind: 'any' }],
  ])('a token with a customer claim binds its caller to that customer: %j', async (claims, customer) => {
    expect(await bring(issuer.token(claims), await start('cus'))).toMatchObject(known({ customer }));
    expect(await bring(issuer.token(claims))).toMatchObject(known({ customer: { kind: 'any' } }));
  });

  it.each(['', ' ', 5, ['cus_1'], {}])('a token is refused if its customer claim is %j', async (cus) => {
    const bound = await start('cus');
    expect(await bring(issuer.token({ cus }), bound)).toEqual(refused('the customer claim is not an id'));
  });

  it.each<[string, Headers, string]>([
    ['no token', {}, 'no Authorization header'],
    ['two tokens', { authorization: ['Bearer a.b.c', 'Bearer a.b.c'] }, 'several Authorization headers'],
    ['8 kB and a byte', { authorization: [`Bearer a.b.${'c'.repeat(8 * 1024 - 10)}`] }, 'longer than 8 kB'],
    ['8 kB of nonsense', { authorization: [`Bearer a.b.${'c'.repeat(8 * 1024 - 11)}`] }, 'ERR_JWS_INVALID'],
    ...[
      '',
      'Bearer ',
      'Bearer a.b',
      'Bearer a.b.c.d',
      'Bearer a.b.c.d.e',
      'Basic a.b.c',
      'xBearer a.b.c',
      'Bearer  a.b.c',
      'Bearer a.b.c x',
      'Bearer a..c',
      'Bearer a.b.c=',
    ].map((authorization): [string, Headers, string] => [
      `the header ${JSON.stringify(authorization)}`,
      { authorization: [authorization] },
      'no token of three parts after Bearer',
    ]),
  ])('a token is refused with %s, and the log says why', async (_, headers, reason) => {
    expect(await authenticator.authenticate(sent(headers))).toEqual(refused(reason));
  });

  it('the scheme `Bearer` may be written in any case', async () => {
    const token = await issuer.token();
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect(await authenticator.authenticate(sent({ authorization: [`${scheme} ${token}`] }))).toMatchObject(
        known({}),
      );
    }
  });

  const wrong: [string, () => Record<string, unknown>, string][] = [
    ['which has expired', () => ({ exp: now() - 10 }), 'ERR_JWT_EXPIRED'],
    ['without an end', () => ({ exp: undefined }), 'ERR_JWT_CLAIM_VALIDATION_FAILED exp'],
    ['which begins later', () => ({ nbf: now() + 60 }), 'ERR_JWT_CLAIM_VALIDATION_FAILED nbf'],
    ['of another issuer', () => ({ iss: 'x' }), 'ERR_JWT_CLAIM_VALIDATION_FAILED iss'],
    ['for another audience', () => ({ aud: 'x' }), 'ERR_JWT_CLAIM_VALIDATION_FAILED aud'],
    ['without a subject', () => ({ sub: undefined }), 'ERR_JWT_CLAIM_VALIDATION_FAILED sub'],
    ['with an empty subject', () => ({ sub: '' }), 'sub is not a name'],
    ['with a number for a subject', () => ({ sub: 5 }), 'sub is not a name'],
  ];
  it.each(wrong)('a token is refused with one %s', async (_, claims, reason) => {
    expect(await bring(issuer.token(claims()))).toEqual(refused(reason));
  });

  it.each([
    ['a little late', () => ({ exp: now() - 2 })],
    ['a little early', () => ({ nbf: now() + 2 })],
  ])('a token is accepted if the issuer’s clock is %s', async (_, claims) => {
    expect(await bring(issuer.token(claims()))).toMatchObject(known({ isNamed: true }));
  });

  it.each([
    'RS256',
    'RS384',
    'RS512',
    'PS256',
    'PS384',
    'PS512',
    'ES256',
    'ES384',
    'ES512',
    'EdDSA',
    'Ed25519',
  ])('a token may be signed with %s', async (alg) => {
    const key = await keyFor(alg);
    issuer.publish({ ...key, jwk: withoutAlgorithm(key) });
    const own = await start();
    issuer.publish(issuer.key);
    expect(await bring(issuer.token({}, { alg }, key), own)).toMatchObject(known({ isNamed: true }));
  });

  it('a token is refused if its key belongs to another issuer, is unknown, or is too weak', async () => {
    const weak = await makeKey('weak', 1024);
    issuer.publish(issuer.key, weak);
    const own = await start();
    issuer.publish(issuer.key);
    const body = `${(await issuer.token({}, { kid: 'weak' })).split('.').slice(0, 2).join('.')}`;
    expect(await bring(`${body}.AAAA`, own)).toEqual(refused('unusable key'));
    const other = await makeKey('first', 'P-256');
    expect(await bring(issuer.token({}, {}, await makeKey('first')))).toEqual(
      refused('ERR_JWS_SIGNATURE_VERIFICATION_FAILED'),
    );
    expect(await bring(issuer.token({}, {}, other))).toEqual(refused('ERR_JWKS_NO_MATCHING_KEY'));
  });

  describe('that it has brought before', () => {
    // Fakes only the clock; network calls take real time.
    const timers = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate'] as const;
    beforeEach(() => {
      jest.useFakeTimers({ doNotFake: [...timers, 'nextTick', 'performance', 'queueMicrotask'] });
    });
    afterEach(() => {
      jest.restoreAllMocks();
      jest.useRealTimers();
    });
    const later = (seconds: number): void => {
      jest.setSystemTime(Date.now() + seconds * 1000);
    };

    it('a cached token names its caller again, but not with another signature', async () => {
      const token = await issuer.token({ sub: 'a' });
      const first = await bring(token);
      expect(first).toMatchObject(known({ isNamed: true }));
      const again = await bring(token);
      expect(again).toEqual(first);
      // The same object: it is cached, not verified again.
      expect(callerIn(again)).toBe(callerIn(first));
      const [header, payload, signature = ''] = token.split('.');
      const forged = `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
      expect(await bring(forged)).toEqual(refused('ERR_JWS_SIGNATURE_VERIFICATION_FAILED'));
    });

    it('a cached token is recognized by its exact text before anything is verified', async () => {
      const token = await issuer.token({ sub: 'a', exp: now() + 30 });
      const recognize = (value: string) =>
        authenticator.recognize(sent({ authorization: [`Bearer ${value}`] }));
      expect(recognize(token)).toBeUndefined();
      const id = callerIn(await bring(token))?.id;
      expect(recognize(token)).toBe(id);
      expect(recognize(`${token}A`)).toBeUndefined();
      for (const headers of [{}, { authorization: [token] }, { authorization: [] }]) {
        expect(authenticator.recognize(sent(headers))).toBeUndefined();
      }
      later(36);
      expect(recognize(token)).toBeUndefined();
    });

    it('a cached token is refused once it has expired, and while it is not yet valid', async () => {
      const token = await issuer.token({ exp: now() + 30, nbf: now() - 30 });
      expect(await bring(token)).toMatchObject(known({}));
      later(36);
      expect(await bring(token)).toEqual(refused('ERR_JWT_EXPIRED'));
      later(-36 - 36);
      expect(await bring(token)).toEqual(refused('ERR_JWT_CLAIM_VALIDATION_FAILED nbf'));
    });

    it('a cached token is refused once the issuer has withdrawn its key', async () => {
      const own = await start();
      const token = await issuer.token({ exp: now() + 300 });
      expect(await bring(token, own)).toMatchObject(known({}));
      const next = await makeKey('next', 'P-256');
      issuer.publish(next);
      // The cooldown is measured by the monotonic clock.
      jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 31_000);
      // The first token with the new key triggers a fetch of the key set.
      expect(await bring(issuer.token({}, {}, next), own)).toMatchObject(known({}));
      expect(await bring(token, own)).toEqual(refused('ERR_JWKS_NO_MATCHING_KEY'));
    });

    it('a cached token names another caller if the customer claim counts', async () => {
      const token = await issuer.token({ cus: 'cus_1' });
      expect(await bring(token)).toMatchObject(known({ customer: { kind: 'any' } }));
      expect(await bring(token, await start('cus'))).toMatchObject(
        known({ customer: { kind: 'own', id: 'cus_1' } }),
      );
    });
  });

  it('a token causes no key set request once the gateway is closed', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'Date', 'performance'] });
    const own = await start();
    expect(jest.getTimerCount()).toBe(1);
    own.close();
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  it('a token cannot be verified while the key set has never been loaded', async () => {
    issuer.answerWith((response) => response.writeHead(500).end());
    const own = await start();
    issuer.publish(issuer.key);
    expect(own.isReady).toBe(false);
    expect(own.keySetState).toBe('down');
    expect(await bring(issuer.token(), own)).toEqual({ outcome: 'unavailable' });
    expect(await own.authenticate(sent({ authorization: ['a', 'b'] }))).toEqual(
      refused('several Authorization headers'),
    );
  });

  afterEach(() => issuer.publish(issuer.key));
});

function withoutAlgorithm({ jwk: { alg: _, ...jwk } }: IssuerKey): IssuerKey['jwk'] {
  return jwk;
}

async function keyFor(alg: string): Promise<IssuerKey> {
  if (/^(RS|PS)/.test(alg)) return { ...(await makeKey(alg)), alg };
  const curves = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' } as const;
  return { ...(await makeKey(alg, curves[alg as keyof typeof curves] ?? 'Ed25519')), alg };
}

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';
import { type Issuer, startIssuer } from '../harness/issuer.ts';

describe('a token', () => {
  let issuer: Issuer;
  let gateway: TestGateway;

  beforeAll(async () => {
    issuer = await startIssuer();
  });
  afterAll(() => issuer.close());
  afterEach(() => gateway.close());

  const start = async (settings: Record<string, string> = {}): Promise<void> => {
    gateway = await startTestGateway(issuer.environment(settings));
  };
  const statusWith = async (claims: Record<string, unknown>): Promise<number> => {
    const headers = { authorization: `Bearer ${await issuer.token(claims)}` };
    return (await gateway.send('{ __typename }', undefined, headers)).status;
  };
  const now = (): number => Math.floor(Date.now() / 1000);

  describe('of an issuer whose clock is not ours', () => {
    it('a token is accepted that was issued 10 seconds in our future, or expired half a minute ago', async () => {
      await start();
      expect(await statusWith({ iat: now() + 10, nbf: now() + 10 })).toBe(200);
      const token = { exp: now() - 30 };
      expect(await statusWith(token)).toBe(200);
    });

    it('a token is refused beyond a minute of clock skew', async () => {
      await start();
      expect(await statusWith({ nbf: now() + 120 })).toBe(401);
      expect(await statusWith({ exp: now() - 61 })).toBe(401);
    });

    it('a token is checked to the second with JWT_CLOCK_TOLERANCE_SECONDS=0', async () => {
      await start({ JWT_CLOCK_TOLERANCE_SECONDS: '0' });
      expect(await statusWith({ nbf: now() + 10 })).toBe(401);
      expect(await statusWith({ exp: now() - 1 })).toBe(401);
      expect(await statusWith({})).toBe(200);
    });
  });

  describe('of Amazon Cognito', () => {
    // Source: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
    const access = { aud: undefined, client_id: '7f4k3m', token_use: 'access' };

    it('an access token of Amazon Cognito, which has client_id and no aud, is accepted with JWT_AUDIENCE_CLAIM=client_id', async () => {
      await start({ JWT_AUDIENCE: 'web0client, 7f4k3m', JWT_AUDIENCE_CLAIM: 'client_id' });
      expect(await statusWith(access)).toBe(200);
      expect(await statusWith({ ...access, client_id: 'web0client' })).toBe(200);
    });

    it.each<[string, Record<string, unknown>]>([
      ['another client', { ...access, client_id: 'another' }],
      ['several clients', { ...access, client_id: ['7f4k3m'] }],
      ['no client', { ...access, client_id: undefined }],
      ['a list of both names as one', { ...access, client_id: 'web0client, 7f4k3m' }],
      ['its identity, which names the client in aud', { aud: '7f4k3m', token_use: 'id' }],
    ])('a token of Amazon Cognito for %s is refused', async (_, claims) => {
      await start({ JWT_AUDIENCE: 'web0client, 7f4k3m', JWT_AUDIENCE_CLAIM: 'client_id' });
      expect(await statusWith(claims)).toBe(401);
      expect(await gateway.logged(/ERR_JWT_CLAIM_VALIDATION_FAILED client_id/)).toBeDefined();
    });

    it('an access token of Amazon Cognito is refused if aud is required, whatever its client', async () => {
      await start({ JWT_AUDIENCE: '7f4k3m' });
      expect(await statusWith(access)).toBe(401);
    });
  });

  it('a token for one of several audiences is accepted, and for none of them refused', async () => {
    await start({ JWT_AUDIENCE: 'gateway,https://gateway.example' });
    expect(await statusWith({ aud: ['else', 'https://gateway.example'] })).toBe(200);
    expect(await statusWith({ aud: 'else' })).toBe(401);
  });
});

describe('the settings of tokens', () => {
  it.each([
    ['JWT_CLOCK_TOLERANCE_SECONDS', '301'],
    ['JWT_CLOCK_TOLERANCE_SECONDS', '-1'],
    ['JWT_CLOCK_TOLERANCE_SECONDS', '1m'],
    ['JWT_AUDIENCE', 'gateway,'],
    ['JWT_AUDIENCE', ' , '],
    ['JWT_AUDIENCE_CLAIM', 'sub'],
  ])('the settings of tokens refuse %s=%s', (name, value) => {
    const jwt = {
      AUTH_MODE: 'jwt',
      JWT_JWKS_URL: 'https://issuer.example/keys',
      JWT_ISSUER: 'https://issuer.example',
      JWT_AUDIENCE: 'gateway',
    };
    expect(() => readConfig({ ...jwt, [name]: value })).toThrow(ConfigError);
    expect(() => readConfig({ ...jwt, [name]: value })).toThrow(`${name}: must be`);
  });
});

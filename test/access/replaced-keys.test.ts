import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { BearerTokens } from '../../src/access/bearer-token.ts';
import { RemoteKeySet } from '../../src/access/key-set.ts';
import { requestKeySet } from '../../src/access/key-set-request.ts';
import { type Issuer, type IssuerKey, makeKey, startIssuer } from '../harness/issuer.ts';

const outgoing = { userAgent: 'test/1' };

describe('an issuer that replaces its key', () => {
  let issuer: Issuer;
  let next: IssuerKey;
  let keys: RemoteKeySet;
  let tokens: BearerTokens;

  beforeAll(async () => {
    issuer = await startIssuer();
    next = await makeKey('first');
    // undici starts one timer for all connections of a process with the first one. Started here, it is a real timer.
    await requestKeySet(new URL(issuer.url), outgoing);
  });
  afterAll(() => issuer.close());
  beforeEach(async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    issuer.publish(issuer.key);
    keys = new RemoteKeySet(new URL(`${issuer.url}/keys`), outgoing, () => undefined);
    tokens = new BearerTokens(keys, {
      issuer: issuer.url,
      audiences: ['gateway'],
      audienceClaim: 'aud',
      clockToleranceSeconds: 5,
      customerClaim: undefined,
      accountClaim: undefined,
    });
    await keys.firstFetch;
  });
  afterEach(() => {
    keys.close();
    jest.useRealTimers();
  });

  const outcomeOf = async (kid: string | undefined, key: IssuerKey, claims = {}): Promise<string> => {
    const token = await issuer.token(claims, { kid }, key);
    return Promise.resolve(tokens.callerOf(`Bearer ${token}`)).then(
      () => 'known',
      (error: Error) => error.message,
    );
  };

  it.each(['first', undefined])(
    'an issuer that replaces its key under the kid %s is trusted again after the cooldown of 30 seconds',
    async (kid) => {
      issuer.publish(next);
      const before = issuer.fetches;
      expect(await outcomeOf(kid, next)).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
      expect(issuer.fetches).toBe(before);
      jest.advanceTimersByTime(30_000);
      expect(await outcomeOf(kid, next)).toBe('known');
      expect(await outcomeOf(kid, issuer.key)).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
      expect(issuer.fetches).toBe(before + 1);
    },
  );

  it('an issuer that replaces its key is trusted again after 30 seconds although the wall clock was set back by an hour', async () => {
    const renamed = { ...next, kid: 'renamed', jwk: { ...next.jwk, kid: 'renamed' } };
    issuer.publish(renamed);
    jest.advanceTimersByTime(30_000);
    jest.setSystemTime(Date.now() - 3_600_000);
    expect(await outcomeOf('renamed', renamed)).toBe('known');
  });

  it('an issuer that replaces its key is asked once for many forged tokens, and never for expired ones', async () => {
    jest.advanceTimersByTime(30_000);
    const before = issuer.fetches;
    expect(await outcomeOf('first', issuer.key, { exp: 1 })).toBe('ERR_JWT_EXPIRED');
    expect(issuer.fetches).toBe(before);
    for (let index = 0; index < 5; index += 1)
      expect(await outcomeOf('first', next)).toBe('ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
    expect(issuer.fetches).toBe(before + 1);
  });
});

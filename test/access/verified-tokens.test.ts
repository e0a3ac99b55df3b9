import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { JWTHeaderParameters } from 'jose';
import { anonymous, type Caller } from '../../src/access/caller.ts';
import { VerifiedTokens } from '../../src/access/verified-tokens.ts';

describe('a token that was verified a moment ago', () => {
  const startedAt = 1_800_000_000;
  const inAnHour = startedAt + 3_600;
  let keys: Record<string, object>;
  let tokens: VerifiedTokens;

  beforeEach(() => {
    jest.useFakeTimers({ now: startedAt * 1000 });
    // No process is ever at the moment 0 of its own clock.
    jest.advanceTimersByTime(1);
    keys = { first: {} };
    const resolve = async ({ kid = '' }: JWTHeaderParameters) => {
      if (keys[kid] === undefined) throw new Error('no such key');
      return keys[kid] as CryptoKey;
    };
    tokens = new VerifiedTokens(resolve as never, 5);
  });
  afterEach(() => {
    // No timer for each token.
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  const add = (token: string, payload: { exp?: number; nbf?: number } = {}, name = token): Caller => {
    const caller = { ...anonymous, id: name };
    const protectedHeader = { alg: 'RS256', kid: 'first' };
    tokens.add(token, {
      caller,
      payload: { exp: inAnHour, ...payload },
      protectedHeader,
      key: keys['first'],
    });
    return caller;
  };
  const wait = (seconds: number): void => {
    jest.advanceTimersByTime(seconds * 1000);
  };

  it('names its caller again, and no other token does', async () => {
    const caller = add('a.b.c');
    add('a.b.d');
    expect(await tokens.find('a.b.c')).toBe(caller);
    for (const other of ['a.b.C', 'a.b.', 'a.b.cc', '']) expect(await tokens.find(other)).toBeUndefined();
  });

  it('is to be verified again after a minute, however often it was used', async () => {
    add('a.b.c');
    wait(59);
    expect(await tokens.find('a.b.c')).toBeDefined();
    wait(2);
    expect(await tokens.find('a.b.c')).toBeUndefined();
  });

  it('is good for no longer than it says itself, give or take five seconds', async () => {
    add('a.b.c', { exp: startedAt + 10 });
    wait(14);
    expect(await tokens.find('a.b.c')).toBeDefined();
    wait(1);
    expect(await tokens.find('a.b.c')).toBeUndefined();
  });

  it('is not good before its time, where the clock was set back', async () => {
    add('a.b.c', { nbf: startedAt });
    jest.setSystemTime((startedAt - 5) * 1000);
    expect(await tokens.find('a.b.c')).toBeDefined();
    jest.setSystemTime((startedAt - 6) * 1000);
    expect(await tokens.find('a.b.c')).toBeUndefined();
  });

  it('is out of time where the clock was set to after its end', async () => {
    add('a.b.c');
    jest.setSystemTime((inAnHour + 5) * 1000);
    expect(await tokens.find('a.b.c')).toBeUndefined();
  });

  it('is to be verified again once its key has gone, or another has its name', async () => {
    add('a.b.c');
    keys = { first: {} };
    expect(await tokens.find('a.b.c')).toBeUndefined();
    keys = {};
    expect(await tokens.find('a.b.c')).toBeUndefined();
  });

  it('gives way to ten thousand others, the one longest unused first', async () => {
    add('old');
    add('used');
    for (let count = 2; count < 10_000; count += 1) add(`token ${count}`);
    expect(await tokens.find('used')).toBeDefined();
    add('one too many');
    expect(await tokens.find('old')).toBeUndefined();
    for (const kept of ['used', 'token 2', 'one too many']) expect(await tokens.find(kept)).toBeDefined();
  });

  it('is nowhere in memory itself', () => {
    add('header.canary-token.signature', {}, 'someone');
    const all = inspect(tokens, { showHidden: true, depth: 10, maxArrayLength: null });
    expect(all).not.toContain('canary');
  });
});

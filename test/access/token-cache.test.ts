import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { anonymous, type Caller } from '../../src/access/caller.ts';
import { TokenCache } from '../../src/access/token-cache.ts';

describe('a token that was verified a moment ago', () => {
  const startedAt = 1_800_000_000;
  const inAnHour = startedAt + 3_600;
  let keySet: number;
  let tokens: TokenCache;

  beforeEach(() => {
    jest.useFakeTimers({ now: startedAt * 1000 });
    // A real process never reads 0 from its monotonic clock.
    jest.advanceTimersByTime(1);
    keySet = 1;
    tokens = new TokenCache(5);
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const add = (token: string, validity: { exp?: number; nbf?: number } = {}): Caller => {
    const caller = { ...anonymous, id: token };
    tokens.add(token, { caller, validity: { exp: inAnHour, ...validity }, keySet });
    return caller;
  };
  const find = (token: string): Caller | undefined => tokens.find(token, keySet);
  const wait = (seconds: number): void => {
    jest.advanceTimersByTime(seconds * 1000);
  };

  it('a cached token names its caller again, and no other token does', () => {
    const caller = add('a.b.c');
    add('a.b.d');
    expect(find('a.b.c')).toBe(caller);
    for (const other of ['a.b.C', 'a.b.', 'a.b.cc', '']) expect(find(other)).toBeUndefined();
  });

  it('a cached token is verified again after a minute, however often it was used', () => {
    add('a.b.c');
    wait(59);
    expect(find('a.b.c')).toBeDefined();
    wait(2);
    expect(find('a.b.c')).toBeUndefined();
  });

  it('a cached token is valid no longer than its exp, give or take five seconds', () => {
    add('a.b.c', { exp: startedAt + 10 });
    wait(14);
    expect(find('a.b.c')).toBeDefined();
    wait(1);
    expect(find('a.b.c')).toBeUndefined();
  });

  it('a cached token is not valid before its nbf if the clock was set back', () => {
    add('a.b.c', { nbf: startedAt });
    jest.setSystemTime((startedAt - 5) * 1000);
    expect(find('a.b.c')).toBeDefined();
    jest.setSystemTime((startedAt - 6) * 1000);
    expect(find('a.b.c')).toBeUndefined();
  });

  it('a cached token is expired if the clock was set past its exp', () => {
    add('a.b.c');
    jest.setSystemTime((inAnHour + 5) * 1000);
    expect(find('a.b.c')).toBeUndefined();
  });

  it('a cached token is verified again once the key set has changed', () => {
    const caller = add('a.b.c');
    keySet = 2;
    expect(find('a.b.c')).toBeUndefined();
    add('a.b.c');
    expect(find('a.b.c')).toEqual(caller);
  });

  it('a cached token is evicted by ten thousand newer ones, least recently used first', () => {
    add('old');
    add('used');
    for (let count = 2; count < 10_000; count += 1) add(`token ${count}`);
    expect(find('used')).toBeDefined();
    add('one too many');
    expect(find('old')).toBeUndefined();
    for (const kept of ['used', 'token 2', 'one too many']) expect(find(kept)).toBeDefined();
  });

  it('a cached token is dropped after a minute, even if nobody sends it again', () => {
    add('a.b.c');
    expect(jest.getTimerCount()).toBe(1);
    wait(61);
    expect(jest.getTimerCount()).toBe(0);
  });
});

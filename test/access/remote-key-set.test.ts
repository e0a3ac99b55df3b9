import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RemoteKeySet } from '../../src/access/key-set.ts';
import { requestKeySet } from '../../src/access/key-set-request.ts';
import { type Issuer, type IssuerKey, makeKey, startIssuer } from '../harness/issuer.ts';

const minutes = 60_000;
const requests = { userAgent: 'test/1' };

describe('the issuer’s keys, over the hours', () => {
  let issuer: Issuer;
  let stranger: IssuerKey;
  let keys: RemoteKeySet | undefined;
  let states: string[];
  let before: number;

  beforeAll(async () => {
    issuer = await startIssuer();
    stranger = await makeKey('stranger', 'P-256');
    // undici starts one timer for all connections of a process with the first one. Started here, it is a real timer.
    await requestKeySet(new URL(issuer.url), requests);
  });
  afterAll(() => issuer.close());
  beforeEach(() => {
    // The network keeps its real time.
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    issuer.publish(issuer.key);
    states = [];
    before = issuer.fetches;
  });
  afterEach(() => {
    keys?.close();
    // A timer that is left would keep the process alive.
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  const fetches = (): number => issuer.fetches - before;
  const open = async (): Promise<RemoteKeySet> => {
    keys = new RemoteKeySet(new URL(`${issuer.url}/keys`), requests, (state) => states.push(state));
    await keys.firstFetch;
    return keys;
  };
  const find = ({ kid, alg }: IssuerKey): Promise<string> =>
    Promise.resolve(keys?.resolve({ kid, alg }, { payload: '', signature: '' })).then(
      () => 'found',
      () => 'not found',
    );
  /** Waits until this many fetches have been made and have ended. */
  const settle = async (count: number): Promise<void> => {
    const until = process.hrtime.bigint() + 2_000_000_000n;
    while (fetches() < count && process.hrtime.bigint() < until)
      await new Promise((next) => setImmediate(next));
    for (let turn = 0; turn < 200; turn += 1) await new Promise((next) => setImmediate(next));
  };
  const fail = (response: ServerResponse): void => {
    response.writeHead(500).end('{}');
  };

  it('the issuer’s keys are loaded at startup', async () => {
    const { isLoaded, state } = await open();
    expect({ isLoaded, state }).toEqual({ isLoaded: true, state: 'up' });
    expect(states).toEqual(['up']);
    expect(await find(issuer.key)).toBe('found');
  });

  it('the issuer’s keys are fetched again every five minutes, and replace the previous ones', async () => {
    await open();
    issuer.publish(stranger);
    jest.advanceTimersByTime(5 * minutes - 1);
    await settle(1);
    expect(fetches()).toBe(1);
    jest.advanceTimersByTime(1);
    await settle(2);
    expect(fetches()).toBe(2);
    expect(await find(stranger)).toBe('found');
    expect(await find(issuer.key)).toBe('not found');
    expect(states).toEqual(['up']);
    jest.advanceTimersByTime(5 * minutes);
    await settle(3);
    expect(fetches()).toBe(3);
    // The version changes with the set, so that tokens are verified again. The third fetch returned the second set
    // again.
    expect(keys?.version).toBe(2);
  });

  it('the issuer’s keys are fetched again five seconds after a failure', async () => {
    issuer.answerWith(fail);
    const { isLoaded, state } = await open();
    expect({ isLoaded, state }).toEqual({ isLoaded: false, state: 'down' });
    issuer.publish(issuer.key);
    jest.advanceTimersByTime(4_999);
    await settle(1);
    expect(fetches()).toBe(1);
    jest.advanceTimersByTime(1);
    await settle(2);
    expect(await find(issuer.key)).toBe('found');
    expect(states).toEqual(['down', 'up']);
  });

  it('the issuer’s keys stay in use while they cannot be fetched', async () => {
    await open();
    issuer.answerWith(fail);
    for (let round = 2; round < 5; round += 1) {
      jest.advanceTimersByTime(round === 2 ? 5 * minutes : 5_000);
      await settle(round);
      expect(fetches()).toBe(round);
    }
    expect(keys?.isLoaded).toBe(true);
    expect(keys?.state).toBe('down');
    expect(keys?.version).toBe(1);
    expect(states).toEqual(['up', 'down']);
    expect(await find(issuer.key)).toBe('found');
  });

  it('the issuer’s keys are fetched for an unknown key, but at most once in thirty seconds', async () => {
    await open();
    issuer.publish(issuer.key, stranger);
    expect(await find(stranger)).toBe('not found');
    jest.advanceTimersByTime(29_999);
    expect(await find(stranger)).toBe('not found');
    expect(fetches()).toBe(1);
    jest.advanceTimersByTime(2);
    expect(await find(stranger)).toBe('found');
    expect(fetches()).toBe(2);
  });

  it('the issuer’s keys are not fetched for an unknown key just after a failure', async () => {
    await open();
    issuer.answerWith(fail);
    jest.advanceTimersByTime(40_000);
    expect(await find(stranger)).toBe('not found');
    expect(fetches()).toBe(2);
    jest.advanceTimersByTime(4_000);
    expect(await find(stranger)).toBe('not found');
    expect(fetches()).toBe(2);
    jest.advanceTimersByTime(1_000);
    expect(await find(stranger)).toBe('not found');
    expect(fetches()).toBe(3);
  });

  it('the issuer’s keys are fetched again five seconds after a failed fetch for an unknown key', async () => {
    await open();
    issuer.answerWith(fail);
    jest.advanceTimersByTime(40_000);
    expect(await find(stranger)).toBe('not found');
    expect(keys?.state).toBe('down');
    issuer.publish(issuer.key);
    jest.advanceTimersByTime(5_000);
    await settle(3);
    expect(keys?.state).toBe('up');
    expect(states).toEqual(['up', 'down', 'up']);
    // And from then on every five minutes, not twice in five.
    jest.advanceTimersByTime(5 * minutes);
    await settle(4);
    expect(fetches()).toBe(4);
  });

  const jwks = (filler: number): string => {
    const set = { keys: [issuer.key.jwk], filler: '' };
    return JSON.stringify({ ...set, filler: 'x'.repeat(filler - JSON.stringify(set).length) });
  };
  const told =
    (body: string, status = 200, headers: Record<string, string> = {}) =>
    (response: ServerResponse) => {
      response.writeHead(status, headers).end(body);
    };

  it('the issuer’s keys may take 64 KB, and have any content type', async () => {
    issuer.answerWith(told(jwks(64 * 1024), 200, { 'content-type': 'text/plain' }));
    await open();
    expect(await find(issuer.key)).toBe('found');
  });

  it.each<[string, () => (response: ServerResponse) => void]>([
    ['more than 64 KB', () => told(jwks(64 * 1024 + 1))],
    ['another status', () => told(jwks(2_000), 203)],
    ['a redirect', () => told('', 302, { location: `${issuer.url}/elsewhere` })],
    ['no JSON', () => told('keys')],
    ['nothing', () => told('')],
    ['null', () => told('null')],
    ['a number', () => told('5')],
    ['no keys', () => told('{}')],
    ['keys that are no list', () => told('{"keys":{"length":1}}')],
    ['an empty list', () => told('{"keys":[]}')],
    ['a broken connection', () => (response) => void response.destroy()],
    ['an answer that stops', () => (response) => void response.writeHead(200).write('{"keys":[')],
  ])('the issuer’s keys are not replaced by a response with %s', async (_, write) => {
    issuer.answerWith(write());
    // The fetch ends by itself, even if the response never does.
    await open();
    expect(keys?.isLoaded).toBe(false);
    expect(states).toEqual(['down']);
    expect(fetches()).toBe(1);
  });

  it('the issuer’s keys are not fetched any more once the gateway closes, even during a fetch', async () => {
    const closing = new RemoteKeySet(new URL(`${issuer.url}/keys`), requests, () => undefined);
    expect(closing.state).toBe('down');
    closing.close();
    await closing.firstFetch;
    expect(jest.getTimerCount()).toBe(0);
    jest.advanceTimersByTime(10 * minutes);
    expect(fetches()).toBe(1);
  });
});

import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Logger } from 'pino';
import { RateLimitedLog } from '../../src/http/rate-limited-log.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';

const secret = 'a-router-secret-of-32-characters';

it('the log of rate-limited callers forgets who makes nearly all calls after ten minutes without one', () => {
  jest.useFakeTimers();
  const warn = jest.fn();
  const silent = { warn, info: () => undefined, debug: () => undefined } as unknown as Logger;
  // The clock stands still, so that only the timer can end the window.
  const log = new RateLimitedLog(silent, () => 0);
  for (let count = 0; count < 100; count += 1) log.charged('192.0.2.1');
  jest.advanceTimersByTime(10 * 60_000);
  log.limited('192.0.2.1', 'unnamed', silent, {});
  expect(warn).not.toHaveBeenCalled();
  log.close();

  const remembers = new RateLimitedLog(silent, () => 0);
  for (let count = 0; count < 100; count += 1) remembers.charged('192.0.2.1');
  remembers.limited('192.0.2.1', 'unnamed', silent, {});
  expect(warn).toHaveBeenCalledTimes(1);
  remembers.close();
  jest.useRealTimers();
});

describe('the log of a gateway that limits the rate', () => {
  let gateway: TestGateway;

  afterEach(() => gateway.close());

  const start = async (limit: string) => {
    gateway = await startTestGateway(
      { AUTH_MODE: 'router', ROUTER_SECRET: secret, RATE_LIMIT_PER_MINUTE: limit },
      { movableClock: true },
    );
  };
  const call = async (subject: string, times: number) => {
    const statuses: number[] = [];
    for (let count = 0; count < times; count += 1) {
      const headers = {
        'x-router-secret': secret,
        'x-caller-subject': subject,
        'x-caller-scopes': 'evaluations:create',
      };
      statuses.push((await gateway.send('{ __typename }', undefined, headers)).status);
    }
    return statuses.filter((status) => status === 429).length;
  };
  const lines = async (text: RegExp) =>
    (await gateway.flushed())
      .map((line) => JSON.parse(line))
      .filter(({ level, msg }) => level !== 'debug' && text.test(msg));

  it('the log has one line for a caller over its rate limit, however often it calls', async () => {
    await start('5');
    expect(await call('a', 20)).toBe(15);
    const [line, ...others] = await lines(/^rate limit exceeded/);
    expect(line).toMatchObject({ level: 'info', caller: expect.any(String), requestId: expect.any(String) });
    expect(others).toEqual([]);
    expect(await lines(/^one caller/)).toEqual([]);
  });

  it('the log warns once an hour of a single caller that makes nearly all calls', async () => {
    await start('5');
    await call('a', 130);
    const [warning, ...others] = await lines(/^one caller makes nearly all calls/);
    expect(warning).toMatchObject({ level: 'warn', msg: expect.stringContaining('AUTH_MODE=router') });
    expect(others).toEqual([]);
    await gateway.moveClock({ monotonicMs: 61 * 60_000, wallMs: 61 * 60_000 });
    await call('a', 130);
    expect(await lines(/^one caller makes nearly all calls/)).toHaveLength(2);
  });

  it('the log does not warn if two callers share the calls', async () => {
    await start('5');
    for (let round = 0; round < 70; round += 1) {
      await call('a', 1);
      await call('b', 1);
    }
    expect(await lines(/^rate limit exceeded/)).toHaveLength(2);
    expect(await lines(/^one caller/)).toEqual([]);
  });
});

import { Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RefusedCallersLog } from '../../src/http/refused-callers-log.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { startTestGateway } from '../harness/gateway.ts';
import { type Issuer, makeKey, startIssuer } from '../harness/issuer.ts';

const refusals = (lines: readonly string[]) =>
  lines
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => /^authentication failed|authentication failures/.test(msg))
    .map(({ msg, reason, refused }) => ({ msg, reason, refused }));
const first = (reason: string) => ({ msg: 'authentication failed', reason, refused: undefined });
const more = (reason: string, refused: number) => ({
  msg: 'more authentication failures for the same reason',
  reason,
  refused,
});

describe('the log of a gateway that refuses callers', () => {
  let issuer: Issuer;

  beforeAll(async () => {
    issuer = await startIssuer();
  });
  afterAll(() => issuer.close());

  const flood = async (environment: Record<string, string>, headers: readonly Record<string, string>[]) => {
    const gateway = await startTestGateway({ LOG_LEVEL: 'info', ...environment });
    const statuses = await Promise.all(
      headers.map(async (each) => (await gateway.send('{ __typename }', undefined, each)).status),
    );
    await gateway.close();
    return { statuses, lines: refusals(gateway.log) };
  };

  it('the log has two lines for each reason of refusal, however many tokens were bad', async () => {
    const forged = `Bearer ${await issuer.token({}, {}, await makeKey('first'))}`;
    const expired = `Bearer ${await issuer.token({ exp: 1 })}`;
    const { statuses, lines } = await flood(issuer.environment(), [
      ...Array.from({ length: 200 }, () => ({ authorization: forged })),
      ...Array.from({ length: 100 }, () => ({ authorization: expired })),
      {},
    ]);
    expect(new Set(statuses)).toEqual(new Set([401]));
    const [bad, late] = ['ERR_JWS_SIGNATURE_VERIFICATION_FAILED', 'ERR_JWT_EXPIRED'];
    const missing = 'no Authorization header';
    const summed = [more(bad, 199), more(late, 99)];
    expect(lines).toHaveLength(5);
    expect(lines).toEqual(expect.arrayContaining([first(bad), first(late), first(missing), ...summed]));
  });

  it('the log has two lines for callers without the router’s secret', async () => {
    const secret = 'a-router-secret-of-32-characters';
    const { lines } = await flood(
      { AUTH_MODE: 'router', ROUTER_SECRET: secret },
      Array.from({ length: 50 }, () => ({ 'x-router-secret': 'guess' })),
    );
    const reason = 'x-router-secret matches no secret in ROUTER_SECRET';
    expect(lines).toEqual([first(reason), more(reason, 49)]);
  });

  it('the log also counts callers whose address has used up its refusals', async () => {
    const { statuses, lines } = await flood(
      { ...issuer.environment(), RATE_LIMIT_PER_ADDRESS_PER_MINUTE: '10' },
      Array.from({ length: 50 }, () => ({})),
    );
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(40);
    expect(lines).toEqual([first('no Authorization header'), more('no Authorization header', 49)]);
  });
});

describe('the log of refused callers, over the minutes', () => {
  const written: string[] = [];
  const sink = new Writable({
    write: (line, _encoding, done) => {
      written.push(String(line));
      done();
    },
  });
  let log: RefusedCallersLog;

  beforeEach(() => {
    jest.useFakeTimers();
    written.length = 0;
    log = new RefusedCallersLog(createLog('info', sink));
  });
  afterEach(() => {
    log.close();
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });
  const lines = () => refusals(written.splice(0));

  it('the log of refused callers reports once a minute how many more there were, and starts anew after a quiet minute', () => {
    for (let count = 0; count < 5; count += 1) log.refused('expired', { requestId: 'r' });
    expect(lines()).toEqual([first('expired')]);
    jest.advanceTimersByTime(60_000);
    expect(lines()).toEqual([more('expired', 4)]);
    log.refused('expired', {});
    expect(lines()).toEqual([]);
    jest.advanceTimersByTime(60_000);
    expect(lines()).toEqual([more('expired', 1)]);
    jest.advanceTimersByTime(60_000);
    expect(lines()).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
    log.refused('expired', {});
    expect(lines()).toEqual([first('expired')]);
  });

  it('the log of refused callers is bounded even if each refusal has its own reason', () => {
    for (let count = 0; count < 1_000; count += 1) log.refused(`reason ${count}`, {});
    expect(lines()).toHaveLength(64);
    jest.advanceTimersByTime(60_000);
    expect(lines()).toEqual([]);
  });

  it('the log of refused callers has a line for each at level debug', () => {
    const detailed = new RefusedCallersLog(createLog('debug', sink));
    for (let count = 0; count < 3; count += 1) detailed.refused('expired', {});
    expect(lines()).toEqual([first('expired'), first('expired'), first('expired')]);
    detailed.close();
    expect(lines()).toEqual([more('expired', 2)]);
  });
});

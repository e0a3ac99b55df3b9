import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { customerEvaluationOperations } from '../../src/stripe/customer-evaluations.ts';
import type { Call } from '../../src/stripe/http/call.ts';
import { Deadline } from '../../src/stripe/http/deadline.ts';
import { formBody } from '../../src/stripe/http/form-encoding.ts';
import type { AttemptEnd, UpstreamObserver } from '../../src/stripe/http/observer.ts';
import { StripeClient, type StripeSettings } from '../../src/stripe/http/stripe-client.ts';
import {
  answers,
  cutOff,
  type Fault,
  type FaultyUpstream,
  hang,
  hold,
  reset,
  startFaultyUpstream,
  status,
  succeed,
} from '../harness/faulty-upstream.ts';
import { freePort } from '../harness/free-port.ts';

const path = '/v1/radar/customer_evaluations';

describe('a call to the upstream', () => {
  let upstream: FaultyUpstream;
  let breaker: string[];
  let watched: (AttemptEnd & { what: string })[];
  let attempts: number;
  const clients: StripeClient[] = [];
  const servers: Server[] = [];
  const sockets: Socket[] = [];

  beforeEach(async () => {
    upstream = await startFaultyUpstream();
    breaker = [];
    watched = [];
    attempts = 0;
    // The shortest possible delays.
    jest.spyOn(Math, 'random').mockReturnValue(0);
  });
  afterEach(async () => {
    jest.useRealTimers();
    jest.restoreAllMocks();
    await upstream.close();
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) server.close();
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });

  const clientWith = (settings: Partial<StripeSettings> = {}): StripeClient => {
    const client = new StripeClient(
      {
        apiUrl: upstream.url,
        secretKey: 'sk_test_1',
        apiVersion: '2026-06-24.preview',
        account: undefined,
        timeoutMs: 3_000,
        maxAttempts: 3,
        maxConcurrency: 32,
        maxPerSecond: undefined,
        ...settings,
      },
      { userAgent: 'test/1' },
      (state) => breaker.push(state),
    );
    clients.push(client);
    return client;
  };
  const observer: UpstreamObserver = {
    attemptStarted: ({ name }, number) => {
      attempts += 1;
      return { ended: (end) => watched.push({ what: `${name} ${number}`, ...end }) };
    },
  };
  const caller = (rest: Partial<Call> = {}): Call => ({
    caller: 'one',
    deadline: new Deadline(8_000),
    signal: undefined,
    observer,
    ...rest,
  });
  /** The result of a call: `ok`, or its failure. */
  const outcomeOf = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => 'ok',
      (error: unknown) => error,
    );
  const post = (client: StripeClient, rest: Partial<Call> = {}, idempotencyKey = 'key'): Promise<unknown> =>
    outcomeOf(
      client.post(
        {
          operation: customerEvaluationOperations.create,
          path,
          body: formBody({ event_type: 'login' }),
          idempotencyKey,
        },
        caller(rest),
      ),
    );
  const get = (client: StripeClient, rest: Partial<Call> = {}): Promise<unknown> =>
    outcomeOf(client.get({ operation: customerEvaluationOperations.retrieve, path }, caller(rest)));
  /** From here on the test moves the clock. The network keeps its real time. */
  const stopClock = (): void => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  };
  /** Waits until this many attempts have ended and their consequences have begun. */
  const attempted = async (count: number): Promise<void> => {
    while (watched.length < count) await nextTurn();
    await nextTurn();
  };
  const started = async (count: number): Promise<void> => {
    while (attempts < count) await nextTurn();
    await nextTurn();
  };
  const requested = async (count: number): Promise<void> => {
    while (upstream.keys.length < count) await nextTurn();
  };
  /** Accepts connections and never starts TLS. */
  const startSilentServer = async (): Promise<string> => {
    const server = createServer((socket) => sockets.push(socket));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  it.each<{ what: string; faults: Fault[]; requests: number }>([
    { what: 'is reset', faults: [reset('before')], requests: 2 },
    { what: 'is answered 500 twice', faults: [status(500), status(503)], requests: 3 },
    {
      what: 'is to be repeated, as Stripe says',
      faults: [status(400, { param: 'x' }, { 'stripe-should-retry': 'true' })],
      requests: 2,
    },
  ])('a call to the upstream that $what is retried under its key', async ({ faults, requests }) => {
    upstream.next(...faults);
    expect(await post(clientWith())).toBe('ok');
    expect(upstream.keys).toEqual(Array(requests).fill('key'));
    expect(upstream.effects).toBe(1);
  });

  it.each<{ what: string; fault: Fault; failure: object }>([
    {
      what: 'refuses its input',
      fault: status(400, { param: 'x' }),
      failure: { code: 'BAD_USER_INPUT', effect: 'NONE', param: 'x' },
    },
    {
      what: 'says not to',
      fault: status(503, {}, { 'stripe-should-retry': 'false' }),
      failure: { code: 'UPSTREAM_UNAVAILABLE', effect: 'UNKNOWN' },
    },
    {
      what: 'limits a resource of its own',
      fault: status(429, {}, { 'stripe-rate-limited-reason': 'resource-specific' }),
      failure: { code: 'UPSTREAM_RATE_LIMITED', effect: 'NONE', retryAfterMs: 1_000 },
    },
    {
      what: 'asks for a wait that can’t be read',
      fault: status(429, {}, { 'retry-after': 'soon' }),
      failure: { code: 'UPSTREAM_RATE_LIMITED', effect: 'NONE' },
    },
    {
      what: 'sends it elsewhere',
      fault: status(307, {}, { location: 'http://127.0.0.1:1/' }, true),
      failure: { code: 'UPSTREAM_INVALID_RESPONSE', effect: 'UNKNOWN', operatorNote: 'status 307' },
    },
    {
      what: 'has several answers to choose from',
      fault: status(300, {}, {}, true),
      failure: { code: 'UPSTREAM_INVALID_RESPONSE', effect: 'UNKNOWN', operatorNote: 'status 300' },
    },
    {
      what: 'answers what is no JSON',
      fault: answers('<html>'),
      failure: { code: 'UPSTREAM_INVALID_RESPONSE', effect: 'UNKNOWN', upstreamRequestId: 'req_faulty' },
    },
    {
      what: 'answers what is no HTTP',
      fault: ({ socket }) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'),
      failure: { code: 'UPSTREAM_INVALID_RESPONSE', effect: 'UNKNOWN' },
    },
  ])('a call to the upstream is not retried if the upstream $what', async ({ fault, failure }) => {
    upstream.always(fault);
    expect(await post(clientWith())).toMatchObject(failure);
    expect(upstream.keys).toHaveLength(1);
  });

  it.each([1, 3])(
    'a call to the upstream is attempted at most maxAttempts times: %d',
    async (maxAttempts) => {
      upstream.always(status(500));
      expect(await post(clientWith({ maxAttempts }))).toMatchObject({
        code: 'UPSTREAM_UNAVAILABLE',
        effect: 'UNKNOWN',
        upstreamRequestId: 'req_faulty',
      });
      expect(upstream.keys).toHaveLength(maxAttempts);
    },
  );

  it('a call to the upstream waits before a retry, for as long as Stripe asks', async () => {
    upstream.next(status(500), status(429, {}, { 'retry-after': '1' }));
    stopClock();
    const call = post(clientWith());
    for (const [made, waitMs] of [
      [1, 100],
      [2, 1_000],
    ] as const) {
      await attempted(made);
      await jest.advanceTimersByTimeAsync(waitMs - 1);
      expect(upstream.keys).toHaveLength(made);
      await jest.advanceTimersByTimeAsync(1);
    }
    expect(await call).toBe('ok');
    expect(upstream.keys).toHaveLength(3);
  });

  it('a call to the upstream that only reads has no effect, whatever its outcome', async () => {
    upstream.always(status(500));
    expect(await get(clientWith({ maxAttempts: 1 }))).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      effect: 'NONE',
    });
    upstream.always();
    upstream.next(status(500));
    expect(await get(clientWith())).toBe('ok');
    expect(upstream.keys).toHaveLength(3);
  });

  it('a call to the upstream may have had an effect if any of its attempts may have had one', async () => {
    upstream.next(status(500), status(401));
    expect(await post(clientWith())).toMatchObject({ code: 'UPSTREAM_REFUSED', effect: 'UNKNOWN' });
    upstream.next(status(429), status(401));
    expect(await post(clientWith(), {}, 'other')).toMatchObject({ code: 'UPSTREAM_REFUSED', effect: 'NONE' });
  });

  describe('within its time', () => {
    it('a call to the upstream is not started if no time is left, or nobody waits for it', async () => {
      const timedOut = {
        code: 'UPSTREAM_TIMEOUT',
        effect: 'NONE',
        operatorNote: 'no response in time, attempts: 0',
      };
      const client = clientWith();
      expect(await get(client, { deadline: new Deadline(0) })).toMatchObject(timedOut);
      expect(await get(client, { signal: AbortSignal.abort() })).toMatchObject(timedOut);
      expect(await post(client, { signal: AbortSignal.abort() })).toMatchObject(timedOut);
      expect(upstream.keys).toEqual([]);
      expect(watched).toEqual([]);
    });

    it('a call to the upstream is retried if an attempt times out', async () => {
      upstream.next(hang);
      stopClock();
      const call = post(clientWith({ timeoutMs: 400 }));
      await requested(1);
      await jest.advanceTimersByTimeAsync(400);
      await attempted(1);
      await jest.advanceTimersByTimeAsync(100);
      expect(await call).toBe('ok');
      expect(upstream.keys).toHaveLength(2);
      expect(watched.map(({ error }) => error)).toEqual(['AbortError', undefined]);
    });

    it('a call to the upstream ends at its deadline if no response comes', async () => {
      upstream.always(hang);
      stopClock();
      const client = clientWith({ timeoutMs: 200 });
      const ended: unknown[] = [];
      const call = post(client, { deadline: new Deadline(400) }).then((end) => ended.push(end));
      await requested(1);
      // The time of the first attempt, and the delay before the next.
      await jest.advanceTimersByTimeAsync(200);
      await attempted(1);
      await jest.advanceTimersByTimeAsync(100);
      await requested(2);
      await jest.advanceTimersByTimeAsync(99);
      expect(ended).toEqual([]);
      await jest.advanceTimersByTimeAsync(1);
      await call;
      expect(ended).toMatchObject([
        { code: 'UPSTREAM_TIMEOUT', effect: 'UNKNOWN', operatorNote: 'no response in time, attempts: 2' },
      ]);
      jest.useRealTimers();
      // A read has no effect, however it ends.
      expect(await get(client, { deadline: new Deadline(100) })).toMatchObject({
        code: 'UPSTREAM_TIMEOUT',
        effect: 'NONE',
      });
    });

    it('a call to the upstream reports the response that came, even if no time is left for another attempt', async () => {
      upstream.always(status(500, {}, { 'retry-after': '1' }));
      expect(await post(clientWith(), { deadline: new Deadline(1_000) })).toMatchObject({
        code: 'UPSTREAM_UNAVAILABLE',
        effect: 'UNKNOWN',
      });
      expect(upstream.keys).toHaveLength(1);
    });

    it('a call to the upstream fails as UPSTREAM_UNAVAILABLE if no connection was accepted in fair time', async () => {
      const apiUrl = await startSilentServer();
      stopClock();
      const [unreachable, hasty] = [clientWith({ apiUrl, timeoutMs: 300 }), clientWith({ apiUrl })];
      // The upstream is also blamed if the last attempt was short: it has 75 ms after the first attempt and the delay.
      const blamed = post(unreachable, { deadline: new Deadline(475) });
      await started(1);
      await jest.advanceTimersByTimeAsync(300);
      await attempted(1);
      await jest.advanceTimersByTimeAsync(100);
      await started(2);
      await jest.advanceTimersByTimeAsync(75);
      expect(await blamed).toMatchObject({
        code: 'UPSTREAM_UNAVAILABLE',
        effect: 'NONE',
        operatorNote: 'no connection in time',
      });
      // This deadline is too short for any connection, so the caller is at fault.
      const tooShort = post(hasty, { deadline: new Deadline(50) });
      await started(3);
      await jest.advanceTimersByTimeAsync(50);
      expect(await tooShort).toMatchObject({
        code: 'UPSTREAM_TIMEOUT',
        effect: 'NONE',
        operatorNote: 'no response in time, attempts: 1',
      });
      expect(watched.map(({ sent }) => sent)).not.toContain(true);
    });

    it('a call to the upstream that times out counts for the circuit breaker only if it had a third of the usual time', async () => {
      upstream.always(hang);
      const client = clientWith({ timeoutMs: 300, maxAttempts: 1 });
      stopClock();
      const calls = async (deadlineMs: number): Promise<void> => {
        const before = upstream.keys.length;
        const twelve = Array.from({ length: 12 }, (_, index) =>
          post(client, { deadline: new Deadline(deadlineMs) }, `${deadlineMs} ${index}`),
        );
        await requested(before + 12);
        await jest.advanceTimersByTimeAsync(deadlineMs);
        await Promise.all(twelve);
      };
      await calls(99);
      expect(breaker).toEqual([]);
      await calls(100);
      expect(breaker).toEqual(['open']);
      // Calls with little time are rejected as well.
      expect(await post(client, { deadline: new Deadline(60) }, 'next')).toMatchObject({
        code: 'UPSTREAM_UNAVAILABLE',
        effect: 'NONE',
        retryAfterMs: 1_000,
        operatorNote: 'the breaker is open',
      });
    });

    it('a call to the upstream leaves no timer behind', async () => {
      jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance'] });
      const client = clientWith();
      expect(await get(client)).toBe('ok');
      const timers = jest.getTimerCount();
      for (let count = 0; count < 10; count += 1) expect(await get(client)).toBe('ok');
      // A pooled connection has one or two timers of its own.
      expect(jest.getTimerCount()).toBeLessThan(timers + 5);
    });
  });

  describe('of a caller who hangs up', () => {
    it('a call to the upstream is left to finish once it is sent, although its caller disconnects', async () => {
      const hangUp = new AbortController();
      upstream.next((victim) => {
        hangUp.abort();
        setTimeout(succeed, 20, victim);
      });
      expect(await get(clientWith(), { signal: hangUp.signal })).toBe('ok');
    });

    it('a call to the upstream is not retried once its caller has disconnected', async () => {
      const hangUp = new AbortController();
      upstream.always((victim) => {
        hangUp.abort();
        status(500)(victim);
      });
      expect(await post(clientWith(), { signal: hangUp.signal })).toMatchObject({
        code: 'UPSTREAM_UNAVAILABLE',
        effect: 'UNKNOWN',
      });
      expect(upstream.keys).toHaveLength(1);
    });

    it('a call to the upstream is not retried if its caller disconnects during the wait', async () => {
      const hangUp = new AbortController();
      upstream.always(status(500));
      const call = post(clientWith(), { signal: hangUp.signal });
      await attempted(1);
      hangUp.abort();
      expect(await call).toMatchObject({
        effect: 'UNKNOWN',
        code: 'UPSTREAM_TIMEOUT',
        operatorNote: 'no response in time, attempts: 1',
      });
      expect(upstream.keys).toHaveLength(1);
    });
  });

  describe('over a connection from before', () => {
    it('a call to the upstream over a stale connection is retried at once, outside the retry budget', async () => {
      const client = clientWith();
      expect(await post(client, {}, 'before')).toBe('ok');
      await nextTurn();
      upstream.next(reset('before'));
      expect(await post(client)).toBe('ok');
      expect(watched.map(({ reusedConnection }) => reusedConnection)).toEqual([false, true, false]);
      expect(client.load.retriesLeft).toBe(10);
    });

    it('calls to the upstream are answered although each meets as many stale connections as it has attempts', async () => {
      const client = clientWith({ maxAttempts: 1 });
      const { fault, release } = hold();
      const pooled = new Set<Socket>();
      upstream.always((victim) => {
        pooled.add(victim.socket);
        fault(victim);
      });
      const five = (name: string) =>
        Promise.all(Array.from({ length: 5 }, (_, index) => post(client, {}, `${name} ${index}`)));
      const before = five('before');
      while (pooled.size < 5) await nextTurn();
      release();
      await before;
      await nextTurn();
      upstream.always((victim) => (pooled.has(victim.socket) ? reset('before') : succeed)(victim));
      expect(await five('after')).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
      expect(upstream.keys).toHaveLength(5 + 5 + 5);
      expect(upstream.effects).toBe(10);
    });

    const resetAfter600Ms: Fault = ({ socket }) => void setTimeout(() => socket.resetAndDestroy(), 600);
    it.each([
      ['fails', status(500)],
      ['is reset after a while', resetAfter600Ms],
      ['is reset in the middle of its response', cutOff((length) => length / 2)],
    ])(
      'a call to the upstream that %s over a reused connection is retried as any other',
      async (_, fault) => {
        const client = clientWith();
        expect(await post(client, {}, 'before')).toBe('ok');
        await nextTurn();
        upstream.next(fault);
        expect(await post(client)).toBe('ok');
        expect(watched.map(({ reusedConnection }) => reusedConnection).slice(0, 2)).toEqual([false, true]);
        expect(client.load.retriesLeft).toBe(9);
      },
    );
  });

  it('a call to the upstream adds to the retry budget', async () => {
    const client = clientWith({ maxAttempts: 2 });
    for (let count = 0; count < 60; count += 1) await post(client, {}, `key ${count}`);
    expect(client.load.retriesLeft).toBeCloseTo(12);
    upstream.always(status(429));
    await Promise.all(Array.from({ length: 20 }, (_, index) => post(client, {}, `limited ${index}`)));
    // Eighty calls allow sixteen retries.
    expect(upstream.keys).toHaveLength(60 + 20 + 16);
    expect(client.load.retriesLeft).toBeLessThan(1);
  });

  describe('is watched', () => {
    it('an observer of a call to the upstream sees each attempt', async () => {
      upstream.next(status(500));
      expect(await post(clientWith())).toBe('ok');
      const ended = { error: undefined, sent: true, requestId: 'req_faulty' };
      expect(watched).toEqual([
        { what: 'create 1', status: 500, reusedConnection: false, ...ended },
        { what: 'create 2', status: 200, reusedConnection: true, ...ended },
      ]);
    });

    it('an observer of a call to the upstream sees a refused connection', async () => {
      const apiUrl = `http://127.0.0.1:${await freePort()}`;
      expect(await get(clientWith({ apiUrl, maxAttempts: 1 }))).toMatchObject({
        code: 'UPSTREAM_UNAVAILABLE',
        effect: 'NONE',
        operatorNote: 'no response (ECONNREFUSED), the request was not sent',
      });
      expect(watched).toEqual([
        {
          what: 'retrieve 1',
          status: undefined,
          error: 'ECONNREFUSED',
          sent: false,
          reusedConnection: false,
          requestId: undefined,
        },
      ]);
    });

    it('an observer of a call to the upstream sees an open circuit breaker', async () => {
      upstream.always(status(500));
      const client = clientWith({ maxAttempts: 1 });
      for (let count = 0; count < 10; count += 1) await post(client, {}, `key ${count}`);
      watched = [];
      await post(client);
      expect(watched).toMatchObject([
        { error: 'BREAKER_OPEN', status: undefined, sent: false, reusedConnection: false },
      ]);
      expect(upstream.keys).toHaveLength(10);
    });

    it('a call to the upstream needs no observer', async () => {
      expect(await post(clientWith(), { observer: undefined })).toBe('ok');
    });
  });
});

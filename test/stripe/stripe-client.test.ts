import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { OverloadedError } from '../../src/errors/overloaded-error.ts';
import { customerEvaluationOperations } from '../../src/stripe/customer-evaluations.ts';
import type { Call } from '../../src/stripe/http/call.ts';
import { Deadline } from '../../src/stripe/http/deadline.ts';
import { formBody } from '../../src/stripe/http/form-encoding.ts';
import { StripeClient, type StripeSettings } from '../../src/stripe/http/stripe-client.ts';
import type { RequestBody } from '../../src/stripe/http/transport.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';

const path = '/v1/radar/customer_evaluations';
const ofParams = (params: Record<string, string>) => new URLSearchParams(params).toString();

describe('the client of Stripe’s HTTP interface', () => {
  let upstream: RecordingUpstream;
  let breaker: string[];
  const clients: StripeClient[] = [];

  beforeEach(async () => {
    upstream = await startRecordingUpstream();
    upstream.answer(200, { id: 'ceval_1' }, { 'request-id': 'req_1' });
    breaker = [];
  });
  afterEach(async () => {
    jest.useRealTimers();
    await upstream.close();
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });

  const clientWith = (settings: Partial<StripeSettings> = {}): StripeClient => {
    const client = new StripeClient(
      {
        apiUrl: upstream.url,
        secretKey: 'sk_test_first',
        apiVersion: '2026-06-24.preview',
        account: undefined,
        timeoutMs: 3_000,
        maxAttempts: 3,
        maxConcurrency: 16,
        maxPerSecond: undefined,
        ...settings,
      },
      { userAgent: 'test/1' },
      (state) => breaker.push(state),
    );
    clients.push(client);
    return client;
  };
  const caller = (rest: Partial<Call> = {}): Call => ({
    caller: 'one',
    deadline: new Deadline(5_000),
    signal: undefined,
    ...rest,
  });
  const post = (client: StripeClient, idempotencyKey: string, rest: Partial<Call> = {}) =>
    client.post(
      {
        operation: customerEvaluationOperations.create,
        path,
        body: formBody({ event_type: 'login' }),
        idempotencyKey,
      },
      caller(rest),
    );
  /** From here on the test moves the clock. The network keeps its real time. */
  const stopClock = (): void => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  };
  const requested = async (count: number): Promise<void> => {
    for (let tries = 0; tries < 4_000 && upstream.requests.length < count; tries += 1) await delay(5);
    expect(upstream.requests).toHaveLength(count);
  };
  /** Holds all responses until the returned function is called. */
  const held = (): ((status?: number) => void) => {
    const waiting: ((status: number) => void)[] = [];
    upstream.handle((response) => {
      waiting.push((status) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end('{"id":"ceval_1"}'),
      );
    });
    return (status = 200) => {
      for (const answer of waiting.splice(0)) answer(status);
    };
  };

  it('the Stripe client posts a form with its key and returns the response’s JSON with Stripe’s request id', async () => {
    const answer = await clientWith().post(
      {
        operation: customerEvaluationOperations.create,
        path,
        body: formBody({ event_type: 'login', evaluation_context: [{ customer: 'cus 1' }] }),
        idempotencyKey: 'key-1',
      },
      caller(),
    );
    expect(answer).toEqual({ body: { id: 'ceval_1' }, requestId: 'req_1', isRepeat: false });
    expect(upstream.requests).toMatchObject([
      {
        method: 'POST',
        url: path,
        body: 'event_type=login&evaluation_context[0][customer]=cus%201',
        headers: {
          accept: 'application/json',
          authorization: 'Bearer sk_test_first',
          'content-type': 'application/x-www-form-urlencoded',
          'idempotency-key': 'key-1',
          'stripe-version': '2026-06-24.preview',
        },
      },
    ]);
    const [{ headers } = { headers: {} }] = upstream.requests;
    expect(headers).not.toHaveProperty('stripe-account');
    expect(headers).not.toHaveProperty('accept-encoding');
  });

  it('the Stripe client sends a GET with the same credentials, and without key and body', async () => {
    const client = clientWith({ account: 'acct_1' });
    await client.get(
      { operation: customerEvaluationOperations.retrieve, path: `${path}/ceval%2F1` },
      caller(),
    );
    const [{ method, url, headers, body } = { method: '', url: '', headers: {}, body: '' }] =
      upstream.requests;
    expect({ method, url, body }).toEqual({ method: 'GET', url: `${path}/ceval%2F1`, body: '' });
    expect(headers).toMatchObject({ authorization: 'Bearer sk_test_first', 'stripe-account': 'acct_1' });
    expect(headers).not.toHaveProperty('idempotency-key');
    expect(headers).not.toHaveProperty('content-type');
  });

  it('the Stripe client uses a renewed key for new calls, and the old one for calls in flight', async () => {
    const client = clientWith({ account: 'acct_1' });
    const answer = held();
    const inFlight = post(client, 'a');
    await requested(1);
    client.renewKey('sk_test_second');
    answer(500);
    await requested(2);
    const next = post(client, 'b');
    await requested(3);
    answer();
    await Promise.all([inFlight, next]);
    expect(upstream.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer sk_test_first',
      'Bearer sk_test_first',
      'Bearer sk_test_second',
    ]);
    expect(upstream.requests[2]?.headers).toMatchObject({
      'stripe-account': 'acct_1',
      'stripe-version': '2026-06-24.preview',
    });
  });

  it('the Stripe client makes one request of concurrent calls under one key, unless they differ', async () => {
    const client = clientWith();
    const answer = held();
    const calls = [post(client, 'same'), post(client, 'same'), post(client, 'other')];
    const another = (rest: { path?: string; body?: RequestBody }) => () =>
      client.post(
        {
          operation: customerEvaluationOperations.create,
          path,
          body: formBody({ event_type: 'login' }),
          idempotencyKey: 'same',
          ...rest,
        },
        caller(),
      );
    for (const rest of [
      { body: formBody({ event_type: 'registration' }) },
      { path: `${path}/ceval_1/report` },
    ]) {
      expect(another(rest)).toThrow(expect.objectContaining({ code: 'IDEMPOTENCY_CONFLICT' }));
    }
    await requested(2);
    answer();
    expect((await Promise.all(calls)).map(({ isRepeat }) => isRepeat)).toEqual([false, true, false]);
    expect(upstream.requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['same', 'other']);
    expect(upstream.requests[0]?.body).toBe(ofParams({ event_type: 'login' }));
  });

  it('the first caller to be answered has the response, not a caller that called before and stopped waiting', async () => {
    const client = clientWith();
    const answer = held();
    const left = post(client, 'same', { deadline: new Deadline(50) });
    const stays = [post(client, 'same'), post(client, 'same')];
    await expect(left).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    answer();
    expect((await Promise.all(stays)).map(({ isRepeat }) => isRepeat)).toEqual([false, true]);
  });

  it.each([
    [409, { error: { type: 'idempotency_error', code: 'idempotency_key_in_use' } }, true],
    [429, { error: { type: 'invalid_request_error' } }, true],
    [500, { error: { type: 'api_error' } }, false],
  ])(
    'a response that Stripe replays after %s is a repeat unless this call may have made it: %j, %s',
    async (status, body, isRepeat) => {
      const client = clientWith();
      upstream.handle((response) => {
        const [code, sent] = upstream.requests.length === 1 ? [status, body] : [200, { id: 'ceval_1' }];
        const headers = {
          'content-type': 'application/json',
          ...(code === 200 ? { 'idempotent-replayed': 'true' } : {}),
        };
        response.writeHead(code, headers).end(JSON.stringify(sent));
      });
      expect(await post(client, 'one')).toMatchObject({ isRepeat });
      expect(upstream.requests).toHaveLength(2);
    },
  );

  it('the Stripe client starts no further attempt of a POST once all its callers have disconnected', async () => {
    const client = clientWith();
    const answer = held();
    const hangUps = [new AbortController(), new AbortController()];
    const calls = hangUps.map(({ signal }) => post(client, 'same', { signal }).catch((error) => error));
    await requested(1);
    for (const hangUp of hangUps) hangUp.abort();
    answer(500);
    expect(await Promise.all(calls)).toMatchObject([{ effect: 'UNKNOWN' }, { effect: 'UNKNOWN' }]);
    expect(upstream.requests).toHaveLength(1);
  });

  it('the Stripe client reports its load, and refuses calls beyond its limit', async () => {
    const client = clientWith({ maxConcurrency: 1 });
    const idle = {
      inFlight: 0,
      limit: 1,
      waiting: 0,
      breaker: 'closed',
      retriesLeft: 10,
      accounts: 1,
      accountsDown: 0,
    };
    expect(client.load).toEqual(idle);
    const answer = held();
    const first = post(client, 'a');
    await requested(1);
    const hangUp = new AbortController();
    const second = post(client, 'b', { signal: hangUp.signal }).catch((error: unknown) => error);
    await delay(0);
    expect(client.load).toEqual({ ...idle, inFlight: 1, waiting: 1 });
    // The queue is full of this caller's own calls, so its newest is rejected.
    await expect(post(client, 'c')).rejects.toBeInstanceOf(OverloadedError);
    hangUp.abort();
    expect(await second).toBeInstanceOf(OverloadedError);
    answer();
    await first;
    expect(client.load).toEqual(idle);
    upstream.answer(200, {});
    await post(client, 'd');
    expect(upstream.requests).toHaveLength(2);
  });

  it('the Stripe client frees the slot of a failed call', async () => {
    const client = clientWith({ maxConcurrency: 1 });
    upstream.answer(400, { error: { param: 'event_type' } });
    for (const key of ['a', 'b', 'c']) {
      await expect(post(client, key)).rejects.toMatchObject({ code: 'BAD_USER_INPUT', param: 'event_type' });
    }
    expect(client.load).toMatchObject({ inFlight: 0, waiting: 0 });
  });

  describe('with a limit on calls per second', () => {
    const tooMany = {
      code: 'UPSTREAM_RATE_LIMITED',
      effect: 'NONE',
      retryAfterMs: 1_000,
      operatorNote: 'held back by UPSTREAM_MAX_PER_SECOND',
    };

    it('the Stripe client with a rate limit lets a call wait for half of its remaining time, and then rejects it', async () => {
      const client = clientWith({ maxPerSecond: 1 });
      await post(client, 'a');
      stopClock();
      const held = post(client, 'b', { deadline: new Deadline(400) }).catch((error: unknown) => error);
      await jest.advanceTimersByTimeAsync(199);
      expect(client.load.waiting).toBe(1);
      await jest.advanceTimersByTimeAsync(1);
      expect(client.load).toMatchObject({ waiting: 0, inFlight: 0 });
      expect(await held).toMatchObject(tooMany);
      expect(upstream.requests).toHaveLength(1);
    });

    it('the Stripe client with a rate limit lets a call pass once the window has moved on', async () => {
      stopClock();
      const client = clientWith({ maxPerSecond: 1 });
      await post(client, 'a');
      const next = post(client, 'b');
      // A little more than a second, so that jitter of the network cannot put two calls into one of Stripe's seconds.
      await jest.advanceTimersByTimeAsync(1_009);
      expect(client.load.waiting).toBe(1);
      await jest.advanceTimersByTimeAsync(1);
      expect(client.load.waiting).toBe(0);
      await next;
      expect(upstream.requests).toHaveLength(2);
    });

    it('the Stripe client with a rate limit counts retries as well', async () => {
      const client = clientWith({ maxPerSecond: 1 });
      upstream.answer(500, {});
      await expect(post(client, 'a', { deadline: new Deadline(600) })).rejects.toMatchObject({
        ...tooMany,
        effect: 'UNKNOWN',
      });
      expect(upstream.requests).toHaveLength(1);
    });

    it('the Stripe client with a rate limit fails at once while the breaker is open, and queues no call', async () => {
      const client = clientWith({ maxAttempts: 1, maxPerSecond: 12 });
      upstream.answer(503, {});
      await Promise.all(
        Array.from({ length: 12 }, (_, index) => post(client, `key ${index}`).catch(() => 'failed')),
      );
      expect(client.load.breaker).toBe('open');
      const refused = post(client, 'next').catch((error: unknown) => error);
      expect(client.load.waiting).toBe(0);
      expect(await refused).toMatchObject({ operatorNote: 'the breaker is open' });
    });

    it('the Stripe client with a rate limit fails the calls that wait for it once the breaker opens', async () => {
      const client = clientWith({ maxAttempts: 1, maxPerSecond: 12 });
      const release = held();
      const failing = Array.from({ length: 12 }, (_, index) =>
        post(client, `key ${index}`).catch((error: unknown) => error),
      );
      await requested(12);
      const waiting = Array.from({ length: 10 }, (_, index) =>
        post(client, `other ${index}`).catch((error: unknown) => error),
      );
      await delay(0);
      expect(client.load.waiting).toBe(10);
      release(503);
      await Promise.all(failing);
      for (const refused of await Promise.all(waiting)) {
        expect(refused).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', operatorNote: 'the breaker is open' });
      }
      expect(upstream.requests).toHaveLength(12);
    });

    it('the Stripe client with a rate limit fails at once while a probe is in flight, and spends no rate', async () => {
      const client = clientWith({ maxAttempts: 1, maxPerSecond: 12 });
      upstream.answer(503, {});
      await Promise.all(
        Array.from({ length: 12 }, (_, index) => post(client, `key ${index}`).catch(() => 'failed')),
      );
      await delay(1_020);
      expect(client.load.breaker).toBe('half_open');
      const release = held();
      const probe = post(client, 'probe');
      await requested(13);
      const others = Array.from({ length: 30 }, (_, index) =>
        post(client, `other ${index}`).catch((error: unknown) => error),
      );
      expect(client.load.waiting).toBe(0);
      for (const refused of await Promise.all(others)) {
        expect(refused).toMatchObject({ operatorNote: 'the breaker is open' });
      }
      release();
      await probe;
    });

    it('the Stripe client with a rate limit spends none on a call whose caller has gone or whose time is up', async () => {
      const client = clientWith({ maxPerSecond: 1 });
      const tooLate = { code: 'UPSTREAM_TIMEOUT', effect: 'NONE' };
      for (const rest of [{ signal: AbortSignal.abort() }, { deadline: new Deadline(0) }]) {
        await expect(post(client, 'gone', rest)).rejects.toMatchObject(tooLate);
        const read = { operation: customerEvaluationOperations.retrieve, path };
        await expect(client.get(read, caller(rest))).rejects.toMatchObject(tooLate);
      }
      await post(client, 'a');
      expect(upstream.requests).toHaveLength(1);
    });

    it('the Stripe client with a rate limit rejects a call whose caller disconnects, or once it is closed', async () => {
      const client = clientWith({ maxPerSecond: 1 });
      await post(client, 'a');
      const leaving = new AbortController();
      const gone = client.get(
        {
          operation: customerEvaluationOperations.retrieve,
          path,
        },
        caller({ signal: leaving.signal }),
      );
      await delay(0);
      expect(client.load.waiting).toBe(1);
      leaving.abort();
      await expect(gone).rejects.toMatchObject(tooMany);
      const waiting = post(client, 'b').catch((error: unknown) => error);
      await delay(0);
      clients.length = 0;
      await client.close();
      expect(await waiting).toMatchObject(tooMany);
      expect(upstream.requests).toHaveLength(1);
    });
  });

  it('the Stripe client reports that the upstream is down, and sends nothing until the next probe', async () => {
    const client = clientWith({ maxAttempts: 1 });
    expect(client.isUpstreamUp).toBe(true);
    upstream.answer(503, {});
    const calls = Array.from({ length: 12 }, (_, index) =>
      post(client, `key ${index}`).catch(() => 'failed'),
    );
    await Promise.all(calls);
    expect(client.isUpstreamUp).toBe(false);
    expect(client.load.breaker).toBe('open');
    expect(breaker).toEqual(['open']);
    const before = upstream.requests.length;
    await expect(post(client, 'next')).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      effect: 'NONE',
      retryAfterMs: 1_000,
      operatorNote: 'the breaker is open',
    });
    expect(upstream.requests).toHaveLength(before);
  });

  it('the Stripe client reports that the upstream is down even if some calls succeeded a moment before', async () => {
    const client = clientWith({ maxAttempts: 1 });
    await Promise.all(Array.from({ length: 8 }, (_, index) => post(client, `good ${index}`)));
    upstream.answer(503, {});
    for (let call = 0; breaker.length === 0; call += 1)
      await post(client, `bad ${call}`).catch(() => 'failed');
    expect(breaker).toEqual(['open']);
    expect(client.isUpstreamUp).toBe(false);
  });

  it('the Stripe client waits for calls in flight when it is closed, and accepts no more', async () => {
    const client = clientWith();
    const answer = held();
    const inFlight = post(client, 'a');
    await requested(1);
    clients.length = 0;
    const closed: string[] = [];
    const closing = client.close().then(() => closed.push('closed'));
    await delay(20);
    expect(closed).toEqual([]);
    answer();
    expect(await inFlight).toMatchObject({ body: { id: 'ceval_1' } });
    await closing;
    await expect(post(client, 'b')).rejects.toBeDefined();
    expect(upstream.requests).toHaveLength(1);
  });

  it('the Stripe client leaves no timer that would keep the process alive', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance'] });
    try {
      const client = clientWith({ maxPerSecond: 1 });
      const calls = ['a', 'b'].map((key) => post(client, key).catch(() => undefined));
      // The second call waits for the next second.
      await new Promise(setImmediate);
      expect(jest.getTimerCount()).toBeGreaterThan(0);
      await client.close();
      await Promise.all(calls);
      clients.length = 0;
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});

import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything } from '../harness/evaluations.ts';
import { type FaultyUpstream, startFaultyUpstream } from '../harness/faulty-upstream.ts';
import {
  type GatewayProcess,
  spawnGateway,
  startTestGateway,
  type TestGateway,
  upstreamAt,
} from '../harness/gateway.ts';
import { type Issuer, startIssuer } from '../harness/issuer.ts';
import { personalInput } from '../harness/personal-input.ts';
import { connectRaw, requestWith } from '../harness/raw-client.ts';
import { metricsUrl, scrape, sumOf } from '../harness/scrape.ts';

describe('when more comes than the process can do', () => {
  let upstream: FaultyUpstream;
  let url: string;

  beforeEach(async () => {
    upstream = await startFaultyUpstream();
  });
  afterEach(() => upstream.close());

  const isUp = async (): Promise<boolean> => {
    const answer = await fetch(`${url}/healthz`);
    return answer.ok && (await answer.text()).includes('up');
  };

  /**
   * As behind a balancer: over open connections requests arrive together, while new connections are accepted one by
   * one.
   */
  const openConnections = (count: number) => Promise.all(Array.from({ length: count }, isUp));

  const call = (idempotencyKey: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'https://shop.example', ...headers },
      body: JSON.stringify({
        query: createEverything,
        variables: { input: { ...personalInput, idempotencyKey } },
      }),
    });

  describe('in a millisecond', () => {
    let gateway: TestGateway;

    beforeEach(async () => {
      gateway = await startTestGateway(
        upstreamAt(upstream.url, {
          MAX_EVENT_LOOP_DELAY_MS: '1',
          CORS_ORIGINS: 'https://shop.example',
          METRICS_PORT: '0',
        }),
      );
      url = gateway.url;
    });
    afterEach(() => gateway.close());

    /** Sends while the process is stopped, so that all requests arrive at once, however slow the machine is. */
    const atOnce = async (send: () => Promise<Response>[]): Promise<Response[]> => {
      gateway.child.kill('SIGSTOP');
      const calls = send();
      await delay(100);
      gateway.child.kill('SIGCONT');
      return Promise.all(calls);
    };

    it('an overloaded gateway serves some requests, sheds the rest before any work, and serves their retries', async () => {
      const keys = Array.from({ length: 300 }, (_, index) => `key ${index}`);
      await openConnections(keys.length);
      const answers = await atOnce(() => keys.map((key) => call(key)));
      const shed = keys.filter((_, index) => answers[index]?.status === 503);
      expect(shed.length).toBeGreaterThan(0);
      expect(shed.length).toBeLessThan(keys.length);
      expect(upstream.keys).toHaveLength(keys.length - shed.length);

      const refused = answers.find(({ status }) => status === 503);
      expect(Object.fromEntries(refused?.headers ?? [])).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'retry-after': '1',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        // Without these headers, a page could not read that it may retry.
        'access-control-allow-origin': 'https://shop.example',
        'access-control-expose-headers': 'retry-after, x-request-id',
        vary: 'Accept, Origin',
      });
      expect(await refused?.json()).toEqual({
        errors: [
          {
            message: expect.stringContaining('etry with the same idempotency key'),
            extensions: {
              code: 'OVERLOADED',
              retryable: true,
              effect: 'NONE',
              retryAfterMs: 1000,
              requestId: refused?.headers.get('x-request-id'),
            },
          },
        ],
      });

      for (const key of shed) expect((await call(key)).status).toBe(200);
      expect(new Set(upstream.keys).size).toBe(keys.length);

      const samples = await scrape(metricsUrl(gateway));
      const route = { route: '/graphql', method: 'POST' };
      expect(sumOf(samples, 'customer_evaluations_http_requests_total', { ...route, status: '503' })).toBe(
        shed.length,
      );
      expect(sumOf(samples, 'customer_evaluations_shed_total', { stage: 'http' })).toBe(shed.length);
      expect(sumOf(samples, 'customer_evaluations_http_requests_in_flight')).toBe(0);
    });

    it('an overloaded gateway keeps request ids and origins in its refusals', async () => {
      await openConnections(300);
      const answers = await atOnce(() =>
        Array.from({ length: 300 }, (_, index) =>
          call(`key ${index}`, {
            'x-request-id': `request-${index}`,
            origin: 'https://else.example',
            accept: 'application/graphql-response+json',
          }),
        ),
      );
      const refused = answers.findIndex(({ status }) => status === 503);
      const headers = answers[refused]?.headers;
      expect(headers?.get('x-request-id')).toBe(`request-${refused}`);
      expect(headers?.get('content-type')).toBe('application/graphql-response+json; charset=utf-8');
      expect(headers?.get('access-control-allow-origin')).toBeNull();
    });

    it('an overloaded gateway still answers health checks and CORS preflights', async () => {
      await openConnections(300);
      const mayAsk = async (): Promise<boolean> => {
        const headers = { origin: 'https://shop.example', 'access-control-request-method': 'POST' };
        return (await fetch(`${url}/graphql`, { method: 'OPTIONS', headers })).status === 204;
      };
      let probes: Promise<boolean>[] = [];
      const answers = await atOnce(() => {
        const calls = Array.from({ length: 260 }, (_, index) => call(`key ${index}`));
        probes = [isUp, mayAsk].flatMap((probe) => Array.from({ length: 20 }, probe));
        return calls;
      });
      expect(await Promise.all(probes)).not.toContain(false);
      expect(answers.map(({ status }) => status)).toContain(503);
    });
  });

  describe('at once', () => {
    let issuer: Issuer;
    let gateway: GatewayProcess;

    // In a process of its own, so that sending a thousand requests takes no time from the gateway.
    const start = async (maxEventLoopDelayMs: number, rest: Record<string, string> = {}): Promise<void> => {
      const settings = {
        ...rest,
        RATE_LIMIT_PER_MINUTE: 'off',
        MAX_EVENT_LOOP_DELAY_MS: String(maxEventLoopDelayMs),
        METRICS_PORT: '0',
      };
      gateway = await spawnGateway(upstreamAt(upstream.url, issuer.environment(settings)));
      url = gateway.url;
    };
    beforeEach(async () => {
      issuer = await startIssuer();
    });
    afterEach(async () => {
      gateway.child.kill('SIGKILL');
      await gateway.exited;
      await issuer.close();
    });

    it('an overloaded gateway still serves other callers than the busy one, even if they come last', async () => {
      await start(300);
      const tokenOf = async (sub: string) => ({ authorization: `Bearer ${await issuer.token({ sub })}` });
      const [loud, quiet] = [await tokenOf('loud'), await tokenOf('quiet')];
      for (const headers of [loud, quiet]) expect((await call('first', headers)).status).toBe(200);
      await openConnections(1_010);
      const flood = Array.from({ length: 1_000 }, (_, index) => call(`loud ${index}`, loud));
      const others = Array.from({ length: 5 }, (_, index) => call(`quiet ${index}`, quiet));
      expect((await Promise.all(others)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
      expect((await Promise.all(flood)).map(({ status }) => status)).toContain(503);
    });

    it('an overloaded gateway behind a trusted proxy still serves the clients at other addresses, whose tokens are new', async () => {
      await start(300, { TRUST_PROXY: 'loopback', RATE_LIMIT_PER_ADDRESS_PER_MINUTE: 'off' });
      const from = (address: string) => ({ 'x-forwarded-for': `198.51.100.9, ${address}` });
      const newcomers = await Promise.all(
        [1, 2, 3, 4, 5].map(async (sub) => ({
          ...from(`203.0.113.${sub}`),
          authorization: `Bearer ${await issuer.token({ sub: `newcomer ${sub}` })}`,
        })),
      );
      const first = { authorization: `Bearer ${await issuer.token({ sub: 'first' })}` };
      expect((await call('first', first)).status).toBe(200);
      await openConnections(1_010);
      const flood = Array.from({ length: 1_000 }, (_, index) => call(`loud ${index}`, from('192.0.2.1')));
      const others = newcomers.map((headers, index) => call(`quiet ${index}`, headers));
      expect((await Promise.all(others)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
      expect((await Promise.all(flood)).map(({ status }) => status)).toContain(503);
    });

    it('a gateway that stands still for longer than requests may wait serves those that were queued', async () => {
      await start(1_000);
      const token = { authorization: `Bearer ${await issuer.token()}` };
      expect((await call('first', token)).status).toBe(200);
      await openConnections(30);
      gateway.child.kill('SIGSTOP');
      let isFirst = true;
      const standStill = async (answer: Response): Promise<number> => {
        if (isFirst) {
          isFirst = false;
          gateway.child.kill('SIGSTOP');
          await delay(1_200);
          gateway.child.kill('SIGCONT');
        }
        return answer.status;
      };
      const calls = Array.from({ length: 20 }, (_, index) => call(`key ${index}`, token).then(standStill));
      await delay(100);
      gateway.child.kill('SIGCONT');
      expect(new Set(await Promise.all(calls))).toEqual(new Set([200]));
    });

    it('the metrics show how many requests wait in the admission queue', async () => {
      await start(10_000);
      const token = { authorization: `Bearer ${await issuer.token()}` };
      expect((await call('first', token)).status).toBe(200);
      await openConnections(500);
      const log = (await gateway.flushed()).filter((line) => line.startsWith('{'));
      const waiting = async (): Promise<number> =>
        sumOf(await scrape(metricsUrl({ log })), 'customer_evaluations_http_requests_waiting');
      expect(await waiting()).toBe(0);
      gateway.child.kill('SIGSTOP');
      const calls = Array.from({ length: 500 }, (_, index) => call(`key ${index}`, token));
      const during = waiting();
      await delay(100);
      gateway.child.kill('SIGCONT');
      expect(await during).toBeGreaterThan(0);
      expect(await during).toBeLessThanOrEqual(500);
      await Promise.all(calls);
      expect(await waiting()).toBe(0);
    });

    it('an overloaded gateway does no work for a client that has disconnected before its turn', async () => {
      await start(10_000);
      const token = { authorization: `Bearer ${await issuer.token()}` };
      expect((await call('first', token)).status).toBe(200);
      const clients = Array.from({ length: 200 }, () => connectRaw(gateway));
      await Promise.all(clients.map(({ socket }) => once(socket, 'connect')));
      const [stay, go] = [clients.slice(0, 100), clients.slice(100)];
      gateway.child.kill('SIGSTOP');
      // Each request is in the gateway's socket before the next one is sent, and before its client disconnects.
      for (const [index, { socket }] of clients.entries()) {
        const variables = { input: { ...personalInput, idempotencyKey: `key ${index}` } };
        const body = JSON.stringify({ query: createEverything, variables });
        const request = requestWith(body, [`authorization: ${token.authorization}`]);
        await new Promise<void>((resolve) => socket.write(request, () => resolve()));
      }
      for (const { socket } of go) socket.destroy();
      gateway.child.kill('SIGCONT');
      for (const client of stay) expect(await client.until(/"errors":\[/)).toMatch(/^HTTP\/1\.1 200/);
      for (const { socket } of stay) socket.destroy();
      const log = (await gateway.flushed()).filter((line) => line.startsWith('{'));
      const count = async (name: string, labels = {}): Promise<number> =>
        sumOf(await scrape(metricsUrl({ log })), `customer_evaluations_${name}`, labels);
      const gone = { route: '/graphql', status: 'closed' };
      // They waited in the queue behind those that stayed.
      while ((await count('http_requests_total', gone)) < 100) await delay(20);
      expect(await count('http_requests_total', gone)).toBe(100);
      expect(await count('operation_duration_seconds_count', { outcome: 'CLIENT_CLOSED' })).toBe(100);
      expect(await count('http_requests_in_flight')).toBe(0);
      expect(upstream.effects).toBe(101);
    });
  });
});

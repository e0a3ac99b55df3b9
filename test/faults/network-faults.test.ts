import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { generate } from 'selfsigned';
import { createEverything } from '../harness/evaluations.ts';
import {
  type FaultyUpstream,
  hold,
  reset,
  startFaultyUpstream,
  succeed,
} from '../harness/faulty-upstream.ts';
import {
  postGraphQL,
  spawnGateway,
  startTestGateway,
  type TestGateway,
  upstreamAt,
} from '../harness/gateway.ts';
import { orderOfEnds } from '../harness/order.ts';
import { canaries, personalInput } from '../harness/personal-input.ts';

const limits = { UPSTREAM_TIMEOUT_MS: '400', UPSTREAM_DEADLINE_MS: '2000' };

// `STALE_TRIES=10000` makes a longer run by hand.
const staleTries = Number(process.env['STALE_TRIES'] ?? 200);

describe('when the way to the upstream fails', () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function gatewayAt(url: string, rest: Record<string, string> = limits): Promise<TestGateway> {
    const gateway = await startTestGateway(upstreamAt(url, rest));
    closing.push(() => gateway.close());
    return gateway;
  }

  async function portOf(server: Server): Promise<number> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => server.close(resolve)));
    return (server.address() as AddressInfo).port;
  }

  /** How many log lines of a gateway are known to hold no personal data. */
  const checked = new WeakMap<TestGateway, number>();

  const create = async (gateway: TestGateway, headers = {}) => {
    const answer = await gateway.send(createEverything, { input: personalInput }, headers);
    const lines = (await gateway.flushed()).slice(checked.get(gateway));
    checked.set(gateway, gateway.log.length);
    const said = [answer.text, ...lines].join('\n');
    for (const canary of canaries) expect(said).not.toContain(canary);
    return answer.data.createCustomerEvaluation;
  };

  it('the gateway answers UPSTREAM_UNAVAILABLE, without effect, when nothing listens at the upstream’s port', async () => {
    const gateway = await gatewayAt('http://127.0.0.1:1');
    const payload = await create(gateway);
    expect(payload.errors).toMatchObject([{ code: 'UPSTREAM_UNAVAILABLE', effect: 'NONE', retryable: true }]);
    expect(JSON.parse(await gateway.logged(/"msg":"operation"/))).toMatchObject({ attempts: 3 });
  });

  it('the gateway answers UPSTREAM_UNAVAILABLE, without effect, when the upstream’s name is not found', async () => {
    const gateway = await gatewayAt('https://no-such-host.invalid');
    expect((await create(gateway)).errors).toMatchObject([{ code: 'UPSTREAM_UNAVAILABLE', effect: 'NONE' }]);
  });

  it('the gateway answers before a slow resolver does, without effect', async () => {
    // Node uses the system's resolver, which a test cannot slow down, so a sleep is put before it.
    const slowResolver = `
      import dns from 'node:dns';
      import { syncBuiltinESMExports } from 'node:module';
      const { lookup } = dns;
      dns.lookup = (name, ...rest) => {
        if (name !== 'localhost') return lookup(name, ...rest);
        setTimeout(() => {
          process.stderr.write('resolved');
          lookup(name, ...rest);
        }, 10_000);
      };
      syncBuiltinESMExports();`;
    const gateway = await spawnGateway({
      // No load shedding, even on a busy machine.
      ...upstreamAt('https://localhost:1', { ...limits, MAX_EVENT_LOOP_DELAY_MS: '10000' }),
      NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(slowResolver)}"`,
    });
    closing.push(async () => {
      gateway.child.kill('SIGKILL');
      await gateway.exited;
    });
    const { data } = await postGraphQL(gateway.url, createEverything, { input: personalInput });
    expect(gateway.told()).not.toContain('resolved');
    expect(data.createCustomerEvaluation.errors).toMatchObject([{ effect: 'NONE', retryable: true }]);
    expect(data.createCustomerEvaluation.errors[0]?.code).toMatch(/^UPSTREAM_(UNAVAILABLE|TIMEOUT)$/);
    // Many calls that wait for the resolver do not delay other requests.
    const calls = Array.from({ length: 20 }, () =>
      postGraphQL(gateway.url, createEverything, { input: personalInput }),
    );
    const health = fetch(`${gateway.url}/healthz`);
    expect(await orderOfEnds({ health, 'the first of them': Promise.race(calls) })).toEqual([
      'health',
      'the first of them',
    ]);
    expect((await health).status).toBe(200);
    for (const answer of await Promise.all(calls)) {
      expect(answer.data.createCustomerEvaluation.errors).toMatchObject([{ effect: 'NONE' }]);
    }
  });

  describe('and connections are swallowed', () => {
    // A TCP server that never sends anything: the TLS handshake does not complete, so no request is sent.
    async function blackHole(): Promise<string> {
      const sockets = new Set<{ destroy(): void }>();
      const server = createServer((socket) => {
        sockets.add(socket);
        socket.on('error', () => undefined);
      });
      const port = await portOf(server);
      closing.push(async () => {
        for (const socket of sockets) socket.destroy();
      });
      return `https://127.0.0.1:${port}`;
    }

    it('the gateway answers at the deadline, without effect, when connection attempts get no reply', async () => {
      // There are attempts left, so only the deadline ends a call.
      const hole = await blackHole();
      const calls = ['6000', '2000', '4000'].map(async (deadlineMs) => {
        const environment = { UPSTREAM_TIMEOUT_MS: '400', UPSTREAM_MAX_ATTEMPTS: '10' };
        const gateway = await gatewayAt(hole, { ...environment, UPSTREAM_DEADLINE_MS: deadlineMs });
        return [deadlineMs, gateway] as const;
      });
      const ends = (await Promise.all(calls)).map(([deadlineMs, gateway]) => [deadlineMs, create(gateway)]);
      expect(await orderOfEnds(Object.fromEntries(ends))).toEqual(['2000', '4000', '6000']);
      for (const [, call] of ends)
        expect(await call).toMatchObject({ errors: [{ code: 'UPSTREAM_UNAVAILABLE', effect: 'NONE' }] });
    });

    it('the gateway keeps a client’s own short deadline when connection attempts get no reply, and knows that nothing was sent', async () => {
      const gateway = await gatewayAt(await blackHole());
      const payload = await create(gateway, { 'x-request-timeout-ms': '50' });
      expect(payload.errors).toMatchObject([{ code: 'UPSTREAM_TIMEOUT', effect: 'NONE', retryable: true }]);
    });
  });

  describe('and its certificate is refused', () => {
    let pems: { private: string; cert: string };
    let expired: { private: string; cert: string };
    beforeAll(async () => {
      const subject = [{ name: 'commonName', value: '127.0.0.1' }];
      pems = await generate(subject);
      expired = await generate(subject, {
        notBeforeDate: new Date('2020-01-01'),
        notAfterDate: new Date('2020-02-01'),
      });
    });

    it.each(['self-signed', 'expired', 'of an old TLS version'])(
      'the gateway logs an error when the upstream’s certificate is %s',
      async (kind) => {
        const { private: key, cert } = kind === 'expired' ? expired : pems;
        const requests: string[] = [];
        const server = createHttpsServer(
          {
            key,
            cert,
            ...(kind === 'of an old TLS version' ? { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' } : {}),
          },
          (request, response) => {
            requests.push(request.url ?? '');
            response.end();
          },
        );
        const gateway = await gatewayAt(`https://127.0.0.1:${await portOf(server)}`);
        expect((await create(gateway)).errors).toMatchObject([
          { code: 'UPSTREAM_UNAVAILABLE', effect: 'NONE' },
        ]);
        expect(requests).toEqual([]);
        expect((await gateway.flushed()).map((line) => JSON.parse(line).level)).toContain('error');
      },
    );
  });

  it('the gateway logs an error when the upstream’s certificate is trusted, but for another host', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'other.example' }], {
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'other.example' }] }],
    });
    const folder = mkdtempSync(path.join(tmpdir(), 'certificate-'));
    closing.push(async () => rmSync(folder, { recursive: true }));
    writeFileSync(path.join(folder, 'other.pem'), cert);
    const server = createHttpsServer({ key, cert }, (_request, response) => response.end());
    const gateway = await spawnGateway({
      ...upstreamAt(`https://127.0.0.1:${await portOf(server)}`, limits),
      NODE_EXTRA_CA_CERTS: path.join(folder, 'other.pem'),
    });
    closing.push(async () => {
      gateway.child.kill('SIGKILL');
      await gateway.exited;
    });
    const { data } = await postGraphQL(gateway.url, createEverything, { input: personalInput });
    expect(data.createCustomerEvaluation.errors).toMatchObject([
      { code: 'UPSTREAM_UNAVAILABLE', effect: 'NONE' },
    ]);
    await gateway.logged(/"level":"error".*ERR_TLS_CERT_ALTNAME_INVALID/);
  });

  it('no caller notices when the upstream closes idle connections as they are reused', async () => {
    const upstream: FaultyUpstream = await startFaultyUpstream();
    closing.push(() => upstream.close());
    // Closes each connection a moment after its response, about when the next call reuses it.
    let tries = 0;
    upstream.always((victim) => {
      const afterMs = (tries % 40) / 8;
      tries += 1;
      succeed(victim);
      setTimeout(() => victim.socket.destroy(), afterMs);
    });
    const gateway = await gatewayAt(upstream.url, {});
    const errors: unknown[] = [];
    for (let call = 0; call < 1000; call += 1) errors.push(...(await create(gateway)).errors);
    expect(errors).toEqual([]);
    expect(upstream.effects).toBe(1000);
  });

  it('no caller notices when many idle connections have died at once', async () => {
    const upstream: FaultyUpstream = await startFaultyUpstream();
    closing.push(() => upstream.close());
    const gateway = await gatewayAt(upstream.url, {});
    const burst = async (): Promise<unknown[]> =>
      (await Promise.all(Array.from({ length: 15 }, () => create(gateway)))).flatMap(({ errors }) => errors);
    // Held together, so that each has its own connection.
    const { fault, release } = hold();
    const before = new Set<Socket>();
    upstream.always((victim) => {
      before.add(victim.socket);
      fault(victim);
    });
    const first = burst();
    while (before.size < 15) await delay(5);
    release();
    expect(await first).toEqual([]);
    // So long that these successes no longer count for the breaker.
    await delay(3_100);
    upstream.always((victim) => (before.has(victim.socket) ? reset('before') : succeed)(victim));
    expect(await burst()).toEqual([]);
    expect(upstream.effects).toBe(30);
  });

  it(
    'the gateway never returns an unsolicited response from an idle connection',
    async () => {
      const upstream: FaultyUpstream = await startFaultyUpstream();
      closing.push(() => upstream.close());
      const stale = JSON.stringify({
        id: 'ceval_stale',
        object: 'radar.customer_evaluation',
        event_type: 'registration',
        livemode: false,
        created_at: 1,
        signals: null,
      });
      upstream.always((victim) => {
        succeed(victim);
        setTimeout(
          () =>
            victim.socket.write(
              `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${stale.length}\r\n\r\n${stale}`,
            ),
          1,
        );
      });
      const gateway = await gatewayAt(upstream.url, {});
      for (let call = 0; call < staleTries; call += 1) {
        const payload = await create(gateway);
        expect(payload.customerEvaluation?.id).toMatch(/^ceval_\d+$/);
        // The connection is idle for a moment, in which the second response arrives.
        await new Promise((resolve) => setTimeout(resolve, 4));
      }
    },
    60_000 + staleTries * 50,
  );
});

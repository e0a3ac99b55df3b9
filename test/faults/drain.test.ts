import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything, registration } from '../harness/evaluations.ts';
import { type FaultyUpstream, hang, hold, startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { type GatewayProcess, type GraphQLAnswer, spawnGateway, upstreamAt } from '../harness/gateway.ts';
import { startIssuer } from '../harness/issuer.ts';
import { connectRaw, requestWith } from '../harness/raw-client.ts';

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Pick<GraphQLAnswer, 'data' | 'errors'> & { readonly status: string };
}

/** Sends one request, unlike fetch over a new connection or over one that the test keeps. */
async function send(url: string, agent: Agent, body?: object): Promise<Answer> {
  const sent = request(url, {
    agent,
    ...(body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' } }),
  });
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = await once(sent, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return {
    status: response.statusCode,
    headers: response.headers,
    body: JSON.parse(Buffer.concat(chunks).toString()),
  };
}

describe('when the process is to end', () => {
  let upstream: FaultyUpstream;
  let gateway: GatewayProcess;
  const fresh = new Agent({ keepAlive: false });
  const kept = new Agent({ keepAlive: true, maxSockets: 1 });

  beforeEach(async () => {
    upstream = await startFaultyUpstream();
  });
  afterEach(async () => {
    kept.destroy();
    gateway.child.kill('SIGKILL');
    await gateway.exited;
    await upstream.close();
  });

  async function start(environment: Record<string, string> = {}): Promise<void> {
    gateway = await spawnGateway({
      ...upstreamAt(upstream.url),
      RATE_LIMIT_PER_MINUTE: 'off',
      RATE_LIMIT_PER_ADDRESS_PER_MINUTE: 'off',
      // No load shedding: only the drain may refuse requests.
      MAX_EVENT_LOOP_DELAY_MS: '10000',
      ...environment,
    });
  }
  const create = (idempotencyKey: string, agent = fresh): Promise<Answer> =>
    send(`${gateway.url}/graphql`, agent, {
      query: createEverything,
      variables: { input: registration({ idempotencyKey }) },
    });
  const readiness = (): Promise<Answer> => send(`${gateway.url}/readyz`, fresh);
  async function untilRequested(count: number): Promise<void> {
    while (upstream.keys.length < count) await delay(5);
  }
  async function untilLeaving(): Promise<void> {
    while ((await readiness()).body.status !== 'draining') await delay(5);
  }
  const evaluationOf = ({ body }: Answer) => body.data?.createCustomerEvaluation.customerEvaluation;

  it('a draining process does not wait for clients that had disconnected while they were authenticated', async () => {
    const issuer = await startIssuer();
    await start(issuer.environment());
    const { hostname, port } = new URL(gateway.url);
    for (let count = 0; count < 100; count += 1) {
      // A new token is verified asynchronously.
      const token = await issuer.token({ jti: `token ${count}` });
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      const head = `GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nhost: ${hostname}\r\napollo-require-preflight: 1`;
      socket.write(`${head}\r\nauthorization: Bearer ${token}\r\n\r\n`, () => socket.resetAndDestroy());
    }
    await delay(500);
    gateway.child.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
    await issuer.close();
    const draining = gateway.log.filter((line) => line.includes('"msg":"draining"'));
    expect(draining.map((line) => JSON.parse(line).inFlight)).toEqual([0]);
  });

  it('a draining process is not ready but serves during DRAIN_DELAY_MS, then refuses with 503 and answers requests in flight', async () => {
    await start({ DRAIN_DELAY_MS: '3000' });
    await create('before', kept);
    gateway.child.kill('SIGTERM');
    await untilLeaving();
    expect(await readiness()).toMatchObject({ status: 503, body: { status: 'draining' } });
    expect((await send(`${gateway.url}/healthz`, fresh)).status).toBe(200);

    const served = await Promise.all([create('kept', kept), create('fresh')]);
    for (const answer of served) {
      expect(evaluationOf(answer)).toMatchObject({ id: expect.any(String) });
      // Clients and balancers then reconnect to another replica.
      expect(answer.headers['connection']).toBe('close');
    }

    const { fault, release } = hold();
    upstream.always(fault);
    const inFlight = create('in flight');
    await untilRequested(4);
    // After the delay for load balancers, new requests are refused while the call in flight continues.
    const ask = () => send(`${gateway.url}/graphql`, fresh, { query: '{ __typename }' });
    while ((await ask()).status === 200) await delay(20);
    const refused = await create('too late');
    expect(refused).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1', connection: 'close' },
      body: {
        errors: [
          { extensions: { code: 'OVERLOADED', retryable: true, effect: 'NONE', retryAfterMs: 1_000 } },
        ],
      },
    });
    release();
    expect(evaluationOf(await inFlight)).toMatchObject({ id: expect.any(String) });
    expect(await gateway.exited).toBe(0);
    expect(upstream.effects).toBe(4);
  });

  it('a draining process resets no connection: each call of sixteen busy clients is answered while one is in flight', async () => {
    // The call lasts for as long as the clients take.
    await start({ UPSTREAM_TIMEOUT_MS: '250000', UPSTREAM_DEADLINE_MS: '250000' });
    const { fault, release } = hold();
    upstream.next(fault);
    const inFlight = create('in flight');
    await untilRequested(1);
    gateway.child.kill('SIGTERM');
    const clients = Array.from({ length: 16 }, async (_, client) => {
      const agent = client % 2 === 0 ? fresh : new Agent({ keepAlive: true, maxSockets: 1 });
      const statuses: number[] = [];
      // Until each has been refused several times.
      while (statuses.filter((status) => status === 503).length < 20) {
        statuses.push((await create(`${client} ${statuses.length}`, agent)).status);
        await delay(5);
      }
      return statuses;
    });
    const statuses = (await Promise.all(clients)).flat();
    expect(new Set(statuses.slice(-16))).toEqual(new Set([503]));
    expect(statuses.every((status) => status === 200 || status === 503)).toBe(true);
    release();
    expect((await inFlight).status).toBe(200);
    expect(await gateway.exited).toBe(0);
  });

  it('a draining process answers pipelined mutations in flight before it closes their connection', async () => {
    await start();
    const { fault, release } = hold();
    upstream.always(fault);
    const client = connectRaw(gateway);
    const mutation = JSON.stringify({ query: createEverything, variables: { input: registration() } });
    client.socket.write(requestWith(mutation) + requestWith(mutation));
    while (upstream.keys.length < 2) await delay(5);
    gateway.child.kill('SIGTERM');
    await untilLeaving();
    release();
    while (!client.isClosed()) await delay(20);
    expect(client.received().match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(client.received().match(/connection: close/gi)).toHaveLength(1);
    expect(await gateway.exited).toBe(0);
  });

  it('a draining process gives a queued request the same refusal as any other', async () => {
    await start();
    const agents = Array.from({ length: 100 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    await Promise.all(agents.map((agent) => send(`${gateway.url}/healthz`, agent)));
    gateway.child.kill('SIGSTOP');
    const calls = agents.map((agent, index) => create(`key ${index}`, agent));
    await delay(200);
    gateway.child.kill('SIGTERM');
    gateway.child.kill('SIGCONT');
    const answers = await Promise.all(calls);
    expect(answers.map(({ status }) => status)).toContain(503);
    for (const { status, body } of answers) {
      if (status === 503)
        expect(body.errors?.[0]?.extensions).toMatchObject({ code: 'OVERLOADED', effect: 'NONE' });
      else expect(status).toBe(200);
    }
    expect(await gateway.exited).toBe(0);
  });

  it('a draining process does not reset a connection that it refuses before the body has arrived', async () => {
    await start({ DRAIN_DELAY_MS: '1500', AUTH_MODE: 'router', ROUTER_SECRET: 's'.repeat(32) });
    gateway.child.kill('SIGTERM');
    await untilLeaving();
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    let received = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk;
    });
    const closed = once(socket, 'close');
    socket.write(
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{',
    );
    while (!received.includes('UNAUTHENTICATED')) await delay(5);
    expect(received).toMatch(/connection: close/i);
    socket.write('}');
    // Rejects if the connection is reset.
    await closed;
    expect(await gateway.exited).toBe(0);
  });

  it('a draining process does not wait for idle connections or half-sent requests', async () => {
    // Longer than the test may take: a drain that waited for the rest of the request would fail it.
    await start({ REQUEST_TIMEOUT_MS: '600000', KEEP_ALIVE_MS: '3600000', UPSTREAM_DEADLINE_MS: '600000' });
    await create('idle', kept);
    const { hostname, port } = new URL(gateway.url);
    const half = connect(Number(port), hostname);
    const silent = connect(Number(port), hostname);
    for (const socket of [half, silent]) socket.on('error', () => undefined);
    await Promise.all([once(half, 'connect'), once(silent, 'connect')]);
    half.write(
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
    );
    await delay(50);
    gateway.child.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
  });

  it('a draining process exits immediately on a second signal', async () => {
    await start();
    upstream.always(hang);
    const lost = create('lost').catch((error: NodeJS.ErrnoException) => error.code);
    await untilRequested(1);
    gateway.child.kill('SIGTERM');
    await untilLeaving();
    gateway.child.kill('SIGTERM');
    expect(await gateway.exited).toBe(1);
    expect(await lost).toBe('ECONNRESET');
    // The drain's own time limit did not end it.
    expect(gateway.log.join('\n')).not.toContain('graceful shutdown timed out');
  });

  it('a draining process that drains because of a bug is not cut off by the first signal', async () => {
    const bug = "process.once('SIGUSR1',()=>{throw new Error('a planted bug')})";
    await start({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(bug)}` });
    const { fault, release } = hold();
    upstream.always(fault);
    const call = create('in flight');
    await untilRequested(1);
    gateway.child.kill('SIGUSR1');
    await untilLeaving();
    gateway.child.kill('SIGTERM');
    await untilLeaving();
    release();
    expect((await call).status).toBe(200);
    expect(await gateway.exited).toBe(1);
  });

  it('a draining process gives calls in flight no more than their deadline', async () => {
    await start({ UPSTREAM_DEADLINE_MS: '3000', UPSTREAM_TIMEOUT_MS: '2000' });
    upstream.always(hang);
    const call = create('hangs');
    await untilRequested(1);
    gateway.child.kill('SIGTERM');
    expect((await call).body.data.createCustomerEvaluation.errors).toMatchObject([
      { code: 'UPSTREAM_TIMEOUT' },
    ]);
    // The exit code after a bug would be 1.
    expect(await gateway.exited).toBe(0);
  });

  it('a draining process that hangs exits before the orchestrator would kill it', async () => {
    // Nothing in the gateway is known to hang, so a server that never finishes closing simulates it.
    const neverClosed = "import{Server}from'node:http';Server.prototype.close=function(){return this}";
    await start({
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(neverClosed)}`,
      UPSTREAM_DEADLINE_MS: '500',
      UPSTREAM_TIMEOUT_MS: '500',
    });
    await create('before');
    gateway.child.kill('SIGTERM');
    expect(await gateway.exited).toBe(1);
    // The line may arrive after the exit, so the test waits for it.
    await gateway.logged(/graceful shutdown timed out, exiting/);
  });

  // Thrown in the real process outside of any request, on a signal that the gateway does not use.
  const bugOn = (bug: string): string =>
    `--import=data:text/javascript,${encodeURIComponent(`process.on('SIGWINCH',()=>{${bug}})`)}`;
  it.each([
    ['an error that nothing caught', 'setTimeout(()=>{throw new TypeError(process.env.MESSAGE)})'],
    ['a rejection that nobody handles', `Promise.reject(new TypeError(process.env.MESSAGE))`],
    ['several', `for(let n=0;n<50;n++)setTimeout(()=>{throw new TypeError(process.env.MESSAGE)})`],
  ])(
    'a process logs only the kind and location of %s, answers requests in flight, and exits with 1',
    async (_what, bug) => {
      await start({ NODE_OPTIONS: bugOn(bug), MESSAGE: 'canary@example.com' });
      const { fault, release } = hold();
      upstream.always(fault);
      const call = create('in flight');
      await untilRequested(1);
      gateway.child.kill('SIGWINCH');
      await untilLeaving();
      release();
      expect(evaluationOf(await call)).toMatchObject({ id: expect.any(String) });
      expect(await gateway.exited).toBe(1);

      const output = gateway.log.join('\n');
      const told = output.split('\n').filter((line) => line.includes('uncaught exception, shutting down'));
      expect(JSON.parse(told[0] ?? '')).toMatchObject({
        level: 'fatal',
        error: 'TypeError',
        frames: expect.arrayContaining([expect.stringContaining('at ')]),
      });
      expect(told.length).toBeLessThanOrEqual(10);
      expect(output).not.toContain('canary');
    },
  );
});

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Trace } from '@apollo/usage-reporting-protobuf';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startCollector } from '../harness/collector.ts';
import { createEverything, registration } from '../harness/evaluations.ts';
import { type FaultyUpstream, startFaultyUpstream, status } from '../harness/faulty-upstream.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { startIssuer } from '../harness/issuer.ts';
import { reasonWithout } from '../harness/missing-program.ts';
import { missingRedis, startRedis } from '../harness/redis.ts';
import { itUnless } from '../harness/run-unless.ts';
import { metricsUrl, scrape, sumOf } from '../harness/scrape.ts';

// The files of the image, without packages: what works here works in the image.
let directory: string;
let upstream: FaultyUpstream;
let gateway: TestGateway | undefined;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'build-'));
  // As in the Dockerfile.
  for (const part of ['package.json', 'schema/operations', 'dist']) {
    cpSync(part, path.join(directory, part), {
      recursive: true,
      filter: (file) => !file.startsWith('dist/compiled'),
    });
  }
  upstream = await startFaultyUpstream();
});
afterAll(async () => {
  await upstream.close();
  rmSync(directory, { recursive: true });
});
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
  upstream.reset();
});

async function start(environment: Record<string, string> = {}): Promise<TestGateway> {
  gateway = await startTestGateway(environment, { directory });
  return gateway;
}
const create = (to: TestGateway, headers: Record<string, string> = {}) =>
  to.send(createEverything, { input: registration() }, headers);

describe('the build, without any package beside it,', () => {
  it('the build prints the published SDL unchanged', async () => {
    const { data } = await (await start()).send('{ _service { sdl } }');
    expect(data._service.sdl).toBe(readFileSync('schema/customer-evaluations.graphql', 'utf8'));
  });

  it('the build retries a failed call (ky)', async () => {
    upstream.next(status(500));
    const { data } = await create(await start(upstreamAt(upstream.url)));
    expect(data.createCustomerEvaluation.errors).toEqual([]);
    expect(upstream.keys).toHaveLength(2);
    expect(upstream.effects).toBe(1);
  });

  it('the build starts without Node’s own undici, and with as little of the package as it needs', async () => {
    const listed =
      'data:text/javascript,process.on("exit",()=>console.error(process.moduleLoadList.join("\\n")))';
    const { told, close } = await startTestGateway({}, { directory, nodeOptions: [`--import=${listed}`] });
    await close();
    expect(told()).toMatch(/^NativeModule http$/m);
    expect(told()).not.toMatch(/undici/);
    const bundles = readdirSync('dist').filter((file) => file.endsWith('.js'));
    const unused = /undici\/lib\/(?:mock|cache|interceptor)\/|RateLimiterMongo/;
    expect(bundles.filter((file) => unused.test(readFileSync(`dist/${file}`, 'utf8')))).toEqual([]);
  });

  it('the build runs the built-in sandbox, its cases and its journal', async () => {
    const { url, ...own } = await start();
    const { data } = await create({ url, ...own });
    expect(data.createCustomerEvaluation.errors).toEqual([]);
    const page = await (await fetch(`${url}/try`)).text();
    expect(page).toContain('<option');
    const { idempotencyKey } = data.createCustomerEvaluation;
    const asked = new URLSearchParams({ mutation: 'createCustomerEvaluation', idempotencyKey });
    const calls = await fetch(`${url}/try/calls?${asked}`);
    expect(await calls.json()).toHaveLength(1);
  });

  it('the build serves the explorer and all files that it loads', async () => {
    const { url } = await start();
    const explorer = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } });
    const assets = [...(await explorer.text()).matchAll(/(?:src|href)="(assets\/[^"]+)"/g)];
    expect(assets.length).toBeGreaterThan(0);
    for (const [, asset] of assets) expect((await fetch(`${url}/${asset}`)).status).toBe(200);
  });

  it('the build exports traces', async () => {
    const collector = await startCollector();
    const traced = await start(
      upstreamAt(upstream.url, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SERVICE_NAME: 'built' }),
    );
    await create(traced);
    await traced.close();
    gateway = undefined;
    expect(collector.spans.map(({ kind }) => kind).sort()).toEqual(['CLIENT', 'INTERNAL', 'SERVER']);
    expect(collector.spans[0]?.resource).toMatchObject({ 'service.name': 'built' });
    await collector.close();
  });

  it('the build puts a trace into the response to a router', async () => {
    const { text } = await create(await start(), { 'apollo-federation-include-trace': 'ftv1' });
    const trace = Trace.decode(Buffer.from(JSON.parse(text).extensions.ftv1, 'base64'));
    expect(trace.root?.child?.[0]).toMatchObject({ responseName: 'createCustomerEvaluation' });
  });

  it('the build serves metrics', async () => {
    const measured = await start(upstreamAt(upstream.url, { METRICS_PORT: '0' }));
    await create(measured);
    const samples = await scrape(metricsUrl(measured));
    expect(sumOf(samples, 'customer_evaluations_upstream_attempt_duration_seconds_count')).toBe(1);
  });

  it('the build authenticates callers by their tokens (jose)', async () => {
    const issuer = await startIssuer();
    const closed = await start(upstreamAt(upstream.url, issuer.environment()));
    expect((await create(closed)).status).toBe(401);
    const { data } = await create(closed, { authorization: `Bearer ${await issuer.token()}` });
    expect(data.createCustomerEvaluation.errors).toEqual([]);
    await issuer.close();
  });

  it('the build logs a bug with its source location, and hides it from the caller', async () => {
    // The gateway calls this function for a field's value, so it fails in the middle of a mutation.
    const bug = `
      const real = encodeURIComponent;
      globalThis.encodeURIComponent = (text) => {
        if (text === 'a bug') throw new TypeError(process.env.MESSAGE);
        return real(text);
      };`;
    gateway = await startTestGateway(upstreamAt(upstream.url, { MESSAGE: 'canary' }), {
      directory,
      nodeOptions: [`--import=data:text/javascript,${encodeURIComponent(bug)}`],
    });
    const input = {
      eventType: 'LOGIN',
      evaluationContext: [{ customerDetails: { customerData: { name: 'a bug' } } }],
    };
    const { text, data, errors } = await gateway.send(createEverything, { input });
    expect(data).toEqual({ createCustomerEvaluation: null });
    expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
    expect(text).not.toMatch(/canary|TypeError|src\//);
    const told = JSON.parse(await gateway.logged(/"error":"TypeError"/));
    expect(told).toMatchObject({ level: 'error', requestId: errors?.[0]?.extensions['requestId'] });
    expect(told.frames.join('\n')).toMatch(/src\/stripe\/http\/form-encoding\.ts:\d+:\d+/);
    expect(gateway.log.join()).not.toContain('canary');
  });

  it('the build runs the operations that are shipped with it, and no others', async () => {
    const { operations } = JSON.parse(
      readFileSync('schema/generated/persisted-query-manifest.json', 'utf8'),
    ) as { operations: { id: string; name: string }[] };
    const login = operations.find(({ name }) => name === 'EvaluateLogin');
    const { url, ...trusting } = await start({ TRUSTED_DOCUMENTS: 'only' });
    expect((await create({ url, ...trusting })).errors).toMatchObject([{ extensions: { effect: 'NONE' } }]);
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        documentId: login?.id,
        variables: { radarSession: 'rse_1', customer: 'cus_1' },
      }),
    });
    expect(await response.json()).toMatchObject({ data: { createCustomerEvaluation: { errors: [] } } });
  });

  itUnless(missingRedis(), 'the build counts in Redis', async () => {
    const redis = await startRedis();
    const sharing = await start(
      upstreamAt(upstream.url, { REDIS_URL: redis.url, RATE_LIMIT_PER_MINUTE: '100' }),
    );
    await sharing.logged(/"state":"up".*shared counters/);
    await create(sharing);
    expect(await redis.admin.dbsize()).toBe(1);
    await redis.kill();
  });

  itUnless(
    reasonWithout('script', spawnSync('script', ['--version']).status === 0, 'bsdutils'),
    'the build writes a log for people to a terminal',
    async () => {
      const script = spawn('script', ['-qec', `${process.execPath} dist/main.js`, '/dev/null'], {
        cwd: directory,
        env: { PATH: process.env['PATH'], PORT: '0' },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const ended = once(script, 'exit');
      let told = '';
      for await (const text of script.stdout.setEncoding('utf8')) {
        told += text;
        if (told.includes('listening')) break;
      }
      script.kill();
      await ended;
      expect(told).toContain('listening');
      expect(told).not.toContain('{"level"');
    },
  );

  it.each(['--help', '--version', '--check-config'])('the build answers %s', (argument) => {
    const { status: code, stderr } = spawnSync(process.execPath, ['dist/main.js', argument], {
      cwd: directory,
      env: { PATH: process.env['PATH'] },
      encoding: 'utf8',
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

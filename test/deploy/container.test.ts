import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  argumentsOf,
  buildContext,
  buildImage,
  type ContainerImage,
  commandInContainer,
  missingBuildah,
  sizeOf,
} from '../harness/container-image.ts';
import { createEverything, registration } from '../harness/evaluations.ts';
import { freePort } from '../harness/free-port.ts';
import { postGraphQL } from '../harness/gateway.ts';
import { describeUnless } from '../harness/run-unless.ts';
import { scrape, sumOf } from '../harness/scrape.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

describe('the Dockerfile', () => {
  it('the Dockerfile pins each base image by tag, to the Node version of the tests', () => {
    const bases = argumentsOf('FROM').map((words) => words.split(' ')[0] ?? '');
    expect(bases).toHaveLength(2);
    const [major = ''] = process.versions.node.split('.');
    for (const base of bases)
      expect(base).toMatch(new RegExp(`^(node:${major}-|.*/nodejs${major}-)[\\w.:-]+$`));
  });

  it('the Dockerfile’s build context holds only the files that it copies', () => {
    const copied = argumentsOf('COPY')
      .filter((words) => !words.startsWith('--from='))
      .flatMap((words) => words.split(/\s+/).slice(0, -1));
    const context = buildContext();
    expect(copied).toEqual(expect.arrayContaining(context));
    // Files that install the packages are copied one by one, before the rest of the sources.
    const isLetIn = (file: string) => context.some((each) => file === each || file.startsWith(`${each}/`));
    expect(copied.filter((file) => !isLetIn(file))).toEqual([]);
  });
});

describeUnless(missingBuildah(), 'the image that is built from the Dockerfile', () => {
  const into = mkdtempSync(path.join(tmpdir(), 'image-'));
  let image: ContainerImage;
  let gateway: ChildProcess;
  let exited: Promise<number>;
  let output = '';
  let port: number;
  let metricsPort: number;

  const spawnInside = (argv: readonly string[], environment: Record<string, string>): ChildProcess => {
    const [file, args] = commandInContainer(image, argv);
    const ofImage = image.config.Env.map((pair) => pair.split('=') as [string, string]);
    return spawn(file, args, {
      // Nothing from this machine's environment except the path of `unshare`.
      env: { PATH: process.env['PATH'], ...Object.fromEntries(ofImage), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  };

  beforeAll(async () => {
    image = await buildImage(into);
    port = await freePort();
    metricsPort = await freePort();
    const { Entrypoint, Cmd } = image.config;
    gateway = spawnInside([...Entrypoint, ...Cmd], {
      HOST: '127.0.0.1',
      PORT: String(port),
      UPSTREAM: 'sandbox',
      AUTH_MODE: 'none',
      INTROSPECTION: 'on',
      TRUSTED_DOCUMENTS: 'prefer',
      METRICS_PORT: String(metricsPort),
    });
    exited = once(gateway, 'close').then(([code]) => code as number);
    for (const stream of [gateway.stdout, gateway.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output += chunk;
      });
    }
    while (!output.includes('"listening"')) {
      if (gateway.exitCode !== null) throw new Error(`it did not start: ${output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }, 1_200_000);
  afterAll(() => {
    gateway?.kill('SIGKILL');
    rmSync(into, { recursive: true, force: true });
  });

  it('the image that is built from the Dockerfile has labels, an entry point and a user', () => {
    expect(image.config).toMatchObject({
      User: '65532:65532',
      WorkingDir: '/app',
      Entrypoint: ['/nodejs/bin/node', '--max-old-space-size-percentage=50', '--max-semi-space-size=64'],
      Cmd: ['dist/main.js'],
      ExposedPorts: { '4000/tcp': {} },
      Labels: {
        'org.opencontainers.image.title': 'customer-evaluations-gateway',
        'org.opencontainers.image.version': version,
        'org.opencontainers.image.base.name': argumentsOf('FROM')[1],
      },
    });
    expect(image.config.Env).toEqual(
      expect.arrayContaining(['NODE_ENV=production', 'HOST=0.0.0.0', 'PORT=4000']),
    );
  });

  it('the image that is built from the Dockerfile holds only what runs: no sources, tests or packages', () => {
    const app = path.join(image.root, 'app');
    const files = readdirSync(app, { recursive: true, encoding: 'utf8' });
    expect(files).toContain('dist/main.js');
    expect(files).toContain('schema/operations/evaluate-login.graphql');
    expect(files).toContain('dist/third-party-licences.txt');
    expect(
      files.filter((file) => /node_modules|\.ts$|test|\.env|secret-?key|\.git\b|npmrc/.test(file)),
    ).toEqual([]);
    expect(sizeOf(app) / 1e6).toBeLessThan(40);
  });

  it('the image that is built from the Dockerfile runs as nobody, without capabilities or new privileges, on a root that it can’t write', () => {
    expect(output).toContain('"upstream":"sandbox"');
    const status = readFileSync(`/proc/${gateway.pid}/status`, 'utf8');
    expect(status).toMatch(/^Uid:\t65532\t65532\t65532\t65532$/m);
    expect(status).toMatch(/^Groups:\t\s*$/m);
    expect(status).toMatch(/^CapEff:\t0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    // The process sees a single mount: the image, at the root.
    expect(readFileSync(`/proc/${gateway.pid}/mountinfo`, 'utf8')).toMatch(
      /^\S+ \S+ \S+ \S+ \/ ro\b[^\n]*\n$/,
    );
  });

  it('the image that is built from the Dockerfile needs little memory at startup', () => {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8')) ?? [];
    // deploy/kubernetes requests 384 MiB for the container.
    expect(Number(kilobytes) / 1024).toBeLessThan(200);
  });

  it('the image that is built from the Dockerfile evaluates by a shipped operation, and serves its SDL unchanged', async () => {
    const url = `http://127.0.0.1:${port}`;
    const shipped = readFileSync('schema/operations/evaluate-registration.graphql', 'utf8');
    const answer = await postGraphQL(url, shipped, {
      radarSession: 'rse_1',
      customerData: { email: 'a@example.com' },
    });
    expect(answer.errors).toBeUndefined();
    expect(JSON.stringify(answer.data)).toMatch(/ceval_/);
    const { data } = await postGraphQL(url, '{ _service { sdl } }');
    expect(data._service.sdl).toBe(readFileSync('schema/customer-evaluations.graphql', 'utf8'));
  });

  it('the image that is built from the Dockerfile is healthy by its own health check, and is not when nothing listens', async () => {
    const [kind, ...argv] = image.config.Healthcheck.Test;
    expect(kind).toBe('CMD');
    const codeWith = async (at: number) =>
      (await once(spawnInside(argv, { PORT: String(at) }), 'close'))[0] as number;
    expect(await codeWith(port)).toBe(0);
    expect(await codeWith(await freePort())).toBe(1);
  });

  it('the image that is built from the Dockerfile drains on SIGTERM: answers what is in flight, says so, and exits 0', async () => {
    const slow = {
      ...registration(),
      evaluationContext: [{ customerDetails: { customer: 'cus_sandbox_delay_2000' } }],
    };
    const call = postGraphQL(`http://127.0.0.1:${port}`, createEverything, { input: slow });
    const inFlight = async () =>
      sumOf(
        await scrape(`http://127.0.0.1:${metricsPort}/metrics`),
        'customer_evaluations_http_requests_in_flight',
      );
    while ((await inFlight()) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    gateway.kill('SIGTERM');
    expect((await call).data.createCustomerEvaluation.errors).toEqual([]);
    expect(await exited).toBe(0);
    expect(output).toContain('"inFlight":1,"msg":"draining"');
  });
});

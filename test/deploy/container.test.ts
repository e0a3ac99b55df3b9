import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Copy, From } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import {
  buildContext,
  buildImage,
  type ContainerImage,
  commandInContainer,
  dockerfile,
  filesOf,
  removeImage,
  sizeOf,
} from '../harness/container-image.ts';
import { createEverything, registration } from '../harness/evaluations.ts';
import { postGraphQL } from '../harness/gateway.ts';
import { freePort } from '../harness/redis.ts';

const instructions = dockerfile();
const ofKind = (keyword: string) => instructions.filter((each) => each.getKeyword() === keyword);

describe('the Dockerfile', () => {
  it('has no fault that its linter finds', () => {
    expect(validate(readFileSync('Dockerfile', 'utf8')).map(({ message }) => message)).toEqual([]);
  });

  it('names each base image with a tag, of the Node that the tests run on', () => {
    const bases = ofKind('FROM').map((each) => (each as From).getImage() ?? '');
    expect(bases.length).toBeGreaterThan(1);
    const [major = ''] = process.versions.node.split('.');
    for (const base of bases)
      expect(base).toMatch(new RegExp(`^(node:${major}-|.*/nodejs${major}-)[\\w.:-]+$`));
  });

  it('carries the version of the package', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(ofKind('ARG').map((each) => each.getArgumentsContent())).toContain(`VERSION=${version}`);
  });

  it('lets nothing into the build but what it copies', () => {
    const copied = ofKind('COPY')
      .filter((each) => (each as Copy).getFromFlag() === null)
      .flatMap((each) =>
        each
          .getArguments()
          .slice(0, -1)
          .map((word) => word.getValue()),
      );
    expect(new Set(copied)).toEqual(new Set(buildContext()));
  });
});

describe('the container', () => {
  const into = mkdtempSync(path.join(tmpdir(), 'image-'));
  let image: ContainerImage;
  let gateway: ChildProcess;
  let exited: Promise<number>;
  let output = '';
  let port: number;

  const spawnInside = (argv: readonly string[], environment: Record<string, string> = {}): ChildProcess => {
    const { file, args } = commandInContainer(image, argv);
    return spawn(file, args, {
      // Nothing of this machine's environment but what finds `unshare`.
      env: { PATH: process.env['PATH'], ...image.environment, ...environment },
      cwd: path.join(image.root, image.workdir),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  };

  beforeAll(async () => {
    image = buildImage(into);
    port = await freePort();
    gateway = spawnInside([...image.entrypoint, ...image.command], {
      HOST: '127.0.0.1',
      PORT: String(port),
      UPSTREAM: 'sandbox',
      AUTH_MODE: 'none',
      TRUSTED_DOCUMENTS: 'only',
    });
    exited = once(gateway, 'close').then(([code]) => code as number);
    for (const stream of [gateway.stdout, gateway.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output += chunk;
      });
    }
    const until = performance.now() + 20_000;
    while (!output.includes('"listening"')) {
      if (performance.now() > until || gateway.exitCode !== null)
        throw new Error(`it did not start: ${output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }, 120_000);
  afterAll(() => {
    gateway.kill('SIGKILL');
    removeImage(into);
  });

  it('holds what runs and nothing else: no sources, tests or packages', () => {
    const files = filesOf(image).filter((file) => file.startsWith('app'));
    expect(files).toContain('app/dist/main.js');
    expect(files).toContain('app/schema/operations/evaluate-login.graphql');
    expect(files).toContain('app/dist/third-party-licences.txt');
    expect(files.filter((file) => /node_modules|\.ts$|test|\.env|secret-?key|\.git/.test(file))).toEqual([]);
    // 17 MB at the time of writing; its base image is some 150 MB more.
    expect(sizeOf(path.join(image.root, 'app')) / 1e6).toBeLessThan(40);
  });

  it('starts as it would in production, as nobody, on files that it can’t write', () => {
    expect(image.user).toBe('65532:65532');
    expect(image.environment).toMatchObject({ NODE_ENV: 'production', HOST: '0.0.0.0' });
    expect(output).toContain('"upstream":"sandbox"');
    if (process.getuid?.() !== 0) return;
    const status = readFileSync(`/proc/${gateway.pid}/status`, 'utf8');
    expect(status).toMatch(/^Uid:\t65532\t65532\t65532\t65532$/m);
    expect(status).toMatch(/^Groups:\t\s*$/m);
    expect(status).toMatch(/^CapEff:\t0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    // All that it sees is one mount: the image, at its root.
    expect(readFileSync(`/proc/${gateway.pid}/mountinfo`, 'utf8')).toMatch(
      /^\S+ \S+ \S+ \S+ \/ ro\b[^\n]*\n$/,
    );
  });

  it('needs little memory at the start', () => {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8')) ?? [];
    // 90 MB at the time of writing; what a container asks for is in deploy/kubernetes.
    expect(Number(kilobytes) / 1024).toBeLessThan(150);
  });

  it('evaluates by a shipped operation, and by no other', async () => {
    const url = `http://127.0.0.1:${port}`;
    const shipped = readFileSync('schema/operations/evaluate-registration.graphql', 'utf8');
    expect(shipped).toContain('mutation EvaluateRegistration');
    const answer = await postGraphQL(url, shipped, registrationVariables);
    expect(answer.status).toBe(200);
    expect(answer.errors).toBeUndefined();
    expect(JSON.stringify(answer.data)).toMatch(/ceval_/);
    const refused = await postGraphQL(url, createEverything, { input: registration() });
    expect(refused).toMatchObject({
      status: 400,
      errors: [{ extensions: { code: 'QUERY_NOT_IN_SAFELIST' } }],
    });
  });

  it('is healthy by its own health check, and is not when nothing listens', async () => {
    const [, json = ''] = /CMD (\[.*\])/s.exec(ofKind('HEALTHCHECK')[0]?.getArgumentsContent() ?? '') ?? [];
    const argv = JSON.parse(json) as string[];
    const codeWith = async (at: number) =>
      (await once(spawnInside(argv, { PORT: String(at) }), 'close'))[0] as number;
    expect(await codeWith(port)).toBe(0);
    expect(await codeWith(await freePort())).toBe(1);
  });

  it('ends with 0 on SIGTERM', async () => {
    gateway.kill('SIGTERM');
    expect(await exited).toBe(0);
  });
});

const registrationVariables = { radarSession: 'rse_1', customerData: { email: 'a@example.com' } };

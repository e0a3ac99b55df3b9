import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';

const key = 'sk_test_canary0key';
const production = { NODE_ENV: 'production', AUTH_MODE: 'none' };

describe('the settings', () => {
  it('the settings have defaults for everything: the sandbox, on this machine, open to developers', () => {
    expect(readConfig({})).toMatchObject({
      host: '127.0.0.1',
      port: 4000,
      upstream: 'sandbox',
      stripe: {
        apiUrl: 'https://api.stripe.com',
        apiVersion: '2026-09-30.preview',
        account: undefined,
        timeoutMs: 3000,
        maxConcurrency: 512,
      },
      introspection: true,
      explorer: true,
      http: { corsOrigins: [], maxBodyBytes: 65_536 },
      logLevel: 'info',
    });
  });

  it('the settings are read from the environment', () => {
    const config = readConfig({
      HOST: '0.0.0.0',
      PORT: '8080',
      STRIPE_SECRET_KEY: 'rk_live_1',
      STRIPE_API_URL: 'http://127.0.0.1:12111/',
      STRIPE_API_VERSION: '2026-06-24.preview',
      STRIPE_ACCOUNT: 'acct_1',
      UPSTREAM_TIMEOUT_MS: '1000',
      UPSTREAM_MAX_CONCURRENCY: '8',
      INTROSPECTION: 'off',
      AUTH_MODE: 'none',
      CORS_ORIGINS: 'https://a.example, https://b.example:8443',
      MAX_BODY_BYTES: '2048',
      LOG_LEVEL: 'debug',
    });
    expect(config).toMatchObject({
      host: '0.0.0.0',
      port: 8080,
      upstream: 'stripe',
      stripe: {
        apiUrl: 'http://127.0.0.1:12111',
        secretKey: 'rk_live_1',
        apiVersion: '2026-06-24.preview',
        account: 'acct_1',
        timeoutMs: 1000,
        maxConcurrency: 8,
      },
      introspection: false,
      http: { corsOrigins: ['https://a.example', 'https://b.example:8443'], maxBodyBytes: 2048 },
      logLevel: 'debug',
    });
  });

  it('the settings cannot be changed once they are read', () => {
    const config = readConfig({ CORS_ORIGINS: 'https://a.example' });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.stripe)).toBe(true);
    expect(Object.isFrozen(config.http.corsOrigins)).toBe(true);
  });

  it('the settings with an empty value count as not set', () => {
    expect(readConfig({ PORT: '', STRIPE_SECRET_KEY: '', METRICS_PORT: '' })).toEqual(readConfig({}));
  });

  it('the settings ignore other programs’ variables', () => {
    expect(readConfig({ PATH: '/bin', HOME: '/root', npm_config_x: 'y' })).toEqual(readConfig({}));
  });
});

describe('a fault in the settings', () => {
  it('a problem in the settings is reported together with all others: the setting, its value and what it must be', () => {
    const faults = faultsOf({
      PORT: 'http',
      LOG_LEVEL: 'loud',
      STRIPE_ACCOUNT: 'me',
      MAX_BODY_BYTES: '1',
      UPSTREAM: 'stripe',
    });
    expect(faults).toHaveLength(5);
    expect(faults).toContain('PORT: must be a whole number from 0 to 65535, got "http"');
    expect(faults).toContain('STRIPE_SECRET_KEY: is required with UPSTREAM=stripe');
    for (const name of ['LOG_LEVEL', 'STRIPE_ACCOUNT', 'MAX_BODY_BYTES']) {
      expect(faults.filter((fault) => fault.startsWith(`${name}: must be `))).toHaveLength(1);
    }
  });

  it.each(['STRIPE_SECRET_KEY', 'ROUTER_SECRET', 'REDIS_URL'])(
    'a problem in the settings never shows the secret in %s',
    (name) => {
      const faults = faultsOf({ [name]: 'canary secret' });
      expect(faults[0]).toMatch(new RegExp(`^${name}: must be `));
      expect(faults.join()).not.toContain('canary');
    },
  );

  it.each([
    ['PORT', '-1'],
    ['PORT', '65536'],
    ['PORT', '1e3'],
    ['PORT', ' 80'],
    ['PORT', '80.5'],
    ['UPSTREAM', 'Stripe'],
    ['STRIPE_SECRET_KEY', 'pk_test_1'],
    ['STRIPE_SECRET_KEY', 'sk_test_a\nb'],
    ['STRIPE_API_URL', 'http://api.stripe.com'],
    ['STRIPE_API_URL', 'https://api.stripe.com/v1'],
    ['STRIPE_API_URL', 'https://user:pass@api.stripe.com'],
    ['STRIPE_API_URL', 'http://127.0.0.1.example'],
    ['STRIPE_API_URL', 'ftp://127.0.0.1'],
    ['STRIPE_API_URL', 'api.stripe.com'],
    ['STRIPE_API_VERSION', 'latest'],
    ['STRIPE_API_VERSION', '2026-03-04.preview\r\nx: y'],
    ['STRIPE_ACCOUNT', 'acct_'],
    ['UPSTREAM_TIMEOUT_MS', '0'],
    ['UPSTREAM_TIMEOUT_MS', '600001'],
    ['UPSTREAM_MAX_CONCURRENCY', '0'],
    ['UPSTREAM_MAX_CONCURRENCY', '100001'],
    ['INTROSPECTION', 'true'],
    ['EXPLORER', 'yes'],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'https://a.example/'],
    ['CORS_ORIGINS', 'capacitor://localhost/'],
    ['CORS_ORIGINS', 'Capacitor://localhost'],
    ['CORS_ORIGINS', 'null'],
    ['CORS_ORIGINS', 'https://a.example,,https://b.example'],
    ['MAX_BODY_BYTES', '1023'],
    ['LOG_LEVEL', 'INFO'],
  ])('a problem in the settings is found in %s=%j', (name, value) => {
    const faults = faultsOf({ STRIPE_SECRET_KEY: key, [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${name}: must be `));
  });

  it.each([{ METRICS_PORT: '4000' }, { PORT: '9464', METRICS_PORT: '9464' }])(
    'a problem in the settings is found if metrics would have the gateway’s own port: %j',
    (environment) => {
      const [fault, ...more] = faultsOf(environment);
      expect(fault).toMatch(/^METRICS_PORT: (4000|9464) is the port of the gateway itself \(PORT\)/);
      expect(more).toEqual([]);
      expect(() => readConfig({ PORT: '0', METRICS_PORT: '0' })).not.toThrow();
    },
  );

  const onV2 = (version: string) => ({
    STRIPE_SECRET_KEY: key,
    STRIPE_API: 'v2',
    STRIPE_API_VERSION: version,
  });

  it.each(['2026-06-24.preview', '2026-08-26', '2026-09-30', '2026-09-30.dahlia'])(
    'a problem in the settings is found with STRIPE_API=v2 and version %s, which has no v2 signals',
    (version) => {
      expect(faultsOf(onV2(version))).toEqual([
        'STRIPE_API_VERSION: must be 2026-08-26.preview or a later preview with STRIPE_API=v2',
      ]);
    },
  );

  // Stripe may serve v2 signals in a release that is not known yet.
  it.each(['2026-08-26.preview', '2026-09-30.preview', '2026-10-28.preview', '2027-03-31.elder'])(
    'a problem in the settings is not found with STRIPE_API=v2 and version %s',
    (version) => {
      expect(() => readConfig(onV2(version))).not.toThrow();
    },
  );

  it.each([
    ['PORT', '0'],
    ['PORT', '65535'],
    ['STRIPE_API_URL', 'http://localhost:1'],
    ['STRIPE_API_URL', 'http://[::1]:1'],
    ['STRIPE_API_URL', 'https://stripe.example:8443'],
    ['STRIPE_API_VERSION', '2026-06-24'],
    ['UPSTREAM_TIMEOUT_MS', '600000'],
    ['UPSTREAM_MAX_CONCURRENCY', '100000'],
    ['MAX_BODY_BYTES', '1024'],
    ['LOG_LEVEL', 'silent'],
  ])('a problem in the settings is not found in %s=%j', (name, value) => {
    expect(() => readConfig({ STRIPE_SECRET_KEY: key, [name]: value })).not.toThrow();
  });
});

describe('in production', () => {
  it('in production, a missing key is a problem, unless the sandbox is set explicitly', () => {
    expect(faultsOf(production)).toEqual([
      expect.stringMatching(/^STRIPE_SECRET_KEY: is required in production/),
    ]);
    expect(readConfig({ ...production, UPSTREAM: 'sandbox' }).upstream).toBe('sandbox');
    expect(readConfig({ ...production, STRIPE_SECRET_KEY: key }).upstream).toBe('stripe');
  });

  it('in production, AUTH_MODE must be set', () => {
    expect(faultsOf({ NODE_ENV: 'production', STRIPE_SECRET_KEY: key })).toEqual([
      expect.stringMatching(/^AUTH_MODE: must be set in production/),
    ]);
  });

  it('in production, introspection is off unless it is set', () => {
    expect(readConfig({ ...production, STRIPE_SECRET_KEY: key }).introspection).toBe(false);
    expect(readConfig({ ...production, STRIPE_SECRET_KEY: key, INTROSPECTION: 'on' }).introspection).toBe(
      true,
    );
  });

  it('in production, the browser pages are off unless they are set', () => {
    expect(readConfig({ ...production, STRIPE_SECRET_KEY: key }).explorer).toBe(false);
    expect(readConfig({ ...production, STRIPE_SECRET_KEY: key, EXPLORER: 'on' }).explorer).toBe(true);
  });

  it('in production, the sandbox cannot be set beside a live key, which was meant for Stripe', () => {
    const live = { ...production, AUTH_MODE: 'none', UPSTREAM: 'sandbox', STRIPE_SECRET_KEY: 'rk_live_1' };
    expect(faultsOf(live)).toEqual([
      expect.stringMatching(
        /^UPSTREAM: the sandbox serves made-up scores, but STRIPE_SECRET_KEY is a live key/,
      ),
    ]);
  });

  it('in production, the sandbox can be set even beside a test key', () => {
    expect(readConfig({ UPSTREAM: 'sandbox', STRIPE_SECRET_KEY: key }).upstream).toBe('sandbox');
  });
});

function faultsOf(environment: Record<string, string>): string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [title, ...faults] = error.message.split('\n  ');
    expect(title).toBe('The configuration is invalid:');
    return faults;
  }
  throw new Error('nothing was refused');
}

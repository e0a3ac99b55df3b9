import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';

const faultsOf = (environment: Record<string, string>): string => {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'none';
};
const jwt = {
  AUTH_MODE: 'jwt',
  JWT_JWKS_URL: 'https://issuer.example/keys',
  JWT_ISSUER: 'https://issuer.example',
  JWT_AUDIENCE: 'gateway',
};
const secret = 'a-router-secret-of-32-characters';

describe('the settings of access', () => {
  it('the settings of access must name an AUTH_MODE in production', () => {
    const production = { NODE_ENV: 'production', UPSTREAM: 'sandbox' };
    expect(faultsOf(production)).toContain(
      'AUTH_MODE: must be set in production: jwt, router, or none, which lets in anyone who can reach the port',
    );
    expect(faultsOf({ ...production, AUTH_MODE: 'none' })).toBe('none');
    expect(faultsOf({})).toBe('none');
  });

  it('the settings of access are read into the configuration', () => {
    expect(readConfig({ ...jwt, JWT_CUSTOMER_CLAIM: 'cus' }).authentication).toEqual({
      mode: 'jwt',
      jwksUrl: 'https://issuer.example/keys',
      issuer: 'https://issuer.example',
      audiences: ['gateway'],
      audienceClaim: 'aud',
      clockToleranceSeconds: 60,
      customerClaim: 'cus',
    });
    expect(
      readConfig({ AUTH_MODE: 'router', ROUTER_SECRET: `${secret}, ${secret}2` }).authentication,
    ).toEqual({
      mode: 'router',
      secrets: [secret, `${secret}2`],
      requiredHeaders: [],
      namesAccounts: false,
    });
    expect(readConfig({ TRUST_PROXY: '10.0.0.0/8, ::1, loopback' }).http.trustProxy).toEqual([
      '10.0.0.0/8',
      '::1',
      'loopback',
    ]);
    expect(readConfig({ NODE_ENV: 'production', AUTH_MODE: 'none', UPSTREAM: 'sandbox' }).introspection).toBe(
      false,
    );
  });

  it('the settings of access are refused with everything that is missing or unused, at once', () => {
    const faults = faultsOf({ AUTH_MODE: 'jwt', ROUTER_SECRET: secret });
    for (const name of ['JWT_JWKS_URL', 'JWT_ISSUER', 'JWT_AUDIENCE']) {
      expect(faults).toContain(`${name}: is required with AUTH_MODE=jwt`);
    }
    expect(faults).toContain('ROUTER_SECRET: is only read with AUTH_MODE=router');
    expect(faultsOf({ AUTH_MODE: 'router' })).toContain('ROUTER_SECRET: is required with AUTH_MODE=router');
    expect(faultsOf(Object.fromEntries(Object.entries(jwt).slice(1)))).toContain(
      'JWT_ISSUER: is only read with AUTH_MODE=jwt',
    );
  });

  it.each([
    ['AUTH_MODE', 'open'],
    ['JWT_JWKS_URL', 'http://issuer.example/keys'],
    ['JWT_JWKS_URL', 'issuer'],
    ['SIGNALS_VISIBILITY', 'none'],
    ['RATE_LIMIT_PER_MINUTE', '0'],
    ['RATE_LIMIT_PER_MINUTE', 'unlimited'],
    ['RATE_LIMIT_PER_ADDRESS_PER_MINUTE', '-1'],
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', '1'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', '10.0.0.1,'],
    ['TRUSTED_DOCUMENTS', 'on'],
    ['ROUTER_REQUIRED_HEADERS', 'x-caller-subject, x-caller-name'],
    ['ROUTER_REQUIRED_HEADERS', 'x-caller-subject,'],
    ['MAX_ROOT_FIELDS', '0'],
    ['MAX_TOKENS', '1e3'],
    ['KEEP_ALIVE_MS', '75s'],
    ['REQUEST_TIMEOUT_MS', ''.padEnd(20, '9')],
  ])('the settings of access refuse %s=%s, and say what is valid', (name, value) => {
    expect(faultsOf({ [name]: value })).toContain(`${name}: must be `);
    expect(faultsOf({ [name]: value })).toContain(`got ${JSON.stringify(value)}`);
  });

  it.each([
    [
      { TRUSTED_DOCUMENTS_PATH: '/documents' },
      'TRUSTED_DOCUMENTS_PATH: is only read with TRUSTED_DOCUMENTS=prefer or only',
    ],
    [
      { TRUSTED_DOCUMENTS_PATH: '/documents', TRUSTED_DOCUMENTS: 'off' },
      'TRUSTED_DOCUMENTS_PATH: is only read with TRUSTED_DOCUMENTS=prefer or only',
    ],
    [
      { ROUTER_REQUIRED_HEADERS: 'x-caller-subject' },
      'ROUTER_REQUIRED_HEADERS: is only read with AUTH_MODE=router',
    ],
    [{ SIGNALS_VISIBILITY: 'scoped' }, 'SIGNALS_VISIBILITY: scoped requires AUTH_MODE=jwt or router'],
    [
      { SIGNALS_VISIBILITY: 'scoped', AUTH_MODE: 'none' },
      'SIGNALS_VISIBILITY: scoped requires AUTH_MODE=jwt or router',
    ],
  ])('the settings of access refuse a protection that the other settings leave out: %j', (given, fault) => {
    expect(faultsOf(given)).toContain(fault);
  });

  it('the settings of access name the file of a secret that the mode does not read', () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'secret-')), 'router-secret');
    writeFileSync(file, secret);
    expect(faultsOf({ ...jwt, ROUTER_SECRET_FILE: file })).toContain(
      'ROUTER_SECRET_FILE: is only read with AUTH_MODE=router',
    );
    rmSync(path.dirname(file), { recursive: true });
  });

  it.each([
    ['ROUTER_SECRET', 'canary'],
    ['ROUTER_SECRET', `${secret},canary`],
    ['ROUTER_SECRET', `${secret}, with a canary`],
    ['REDIS_URL', 'https://canary'],
    ['REDIS_URL', 'redis:6379'],
    ['REDIS_URL', 'rediss:///0'],
    ['PSEUDONYM_KEY', 'canary'],
  ])('the settings of access refuse an invalid %s without showing it', (name, value) => {
    const faults = faultsOf({ AUTH_MODE: 'router', [name]: value });
    expect(faults.split(`${name}: must be `)).toHaveLength(2);
    expect(faults).toContain('an invalid value (not shown)');
    expect(faults).not.toContain('canary');
  });
});

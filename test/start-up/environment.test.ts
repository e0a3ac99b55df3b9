import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { startCollector } from '../harness/collector.ts';
import { startTestGateway, upstreamAt } from '../harness/gateway.ts';
import { startRecordingUpstream } from '../harness/recording-upstream.ts';

/** The output and exit code of the built gateway when it refuses to start. */
function refusalOf(environment: Record<string, string>, ...parameters: string[]) {
  const { status, stderr, stdout } = spawnSync(process.execPath, ['dist/main.js', ...parameters], {
    env: { PATH: process.env['PATH'], PORT: '0', ...environment },
    encoding: 'utf8',
    timeout: 10_000,
  });
  return { status, text: stderr + stdout };
}

const collector = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
const jwt = { AUTH_MODE: 'jwt', JWT_ISSUER: 'i', JWT_AUDIENCE: 'a' };

/** Values on which a library would throw, and the setting that the error must name. */
const refused: readonly [what: string, names: RegExp, environment: Record<string, string>][] = [
  ['a Redis password with a bare %', /^ {2}REDIS_URL: must be /m, { REDIS_URL: 'redis://:a%b@127.0.0.1:1' }],
  ['a Redis user with a bare %', /^ {2}REDIS_URL: /m, { REDIS_URL: 'rediss://%zz:a@127.0.0.1:1' }],
  [
    'a Redis database that is no number',
    /^ {2}REDIS_URL: /m,
    { REDIS_URL: 'redis://127.0.0.1:6379/sessions' },
  ],
  ['a REDIS_URL with a blank before it', /^ {2}REDIS_URL: /m, { REDIS_URL: ' redis://:canary@127.0.0.1:1' }],
  [
    'a REDIS_URL in capitals, which ioredis would not encrypt',
    /^ {2}REDIS_URL: /m,
    { REDIS_URL: 'REDISS://:canary@127.0.0.1:1' },
  ],
  ['a NODE_ENV with a blank', /^ {2}NODE_ENV: must be production, /m, { NODE_ENV: 'production ' }],
  ['a NODE_ENV in capitals', /^ {2}NODE_ENV: /m, { NODE_ENV: 'Production' }],
  ['a NODE_ENV of another platform', /^ {2}NODE_ENV: /m, { NODE_ENV: 'staging' }],
  [
    'a key set’s user with a bare %',
    /^ {2}JWT_JWKS_URL: /m,
    { ...jwt, JWT_JWKS_URL: 'https://a%b:c@issuer.example/jwks' },
  ],
  [
    'a header for the collector that is no header',
    /^ {2}OTEL_EXPORTER_OTLP_HEADERS must |^ {2}OTEL_EXPORTER_OTLP_HEADERS: /m,
    { ...collector, OTEL_EXPORTER_OTLP_HEADERS: 'bad name=1' },
  ],
  [
    'a header for the collector with a line end',
    /OTEL_EXPORTER_OTLP_HEADERS/,
    { ...collector, OTEL_EXPORTER_OTLP_HEADERS: 'a=b%0d%0ac' },
  ],
  [
    'resource attributes that do not decode',
    /OTEL_RESOURCE_ATTRIBUTES/,
    { ...collector, OTEL_RESOURCE_ATTRIBUTES: 'team=a%zz' },
  ],
  [
    'a live key on an address that others reach, without AUTH_MODE',
    /^ {2}AUTH_MODE: must be set when the key is live/m,
    { HOST: '0.0.0.0', STRIPE_SECRET_KEY: 'sk_live_canary' },
  ],
];

describe('a start', () => {
  it.each(refused)(
    'a start is refused for %s, and --check-config refuses the same',
    (_, names, environment) => {
      const start = refusalOf(environment);
      expect(start.text).toMatch(names);
      expect(start.status).toBe(1);
      expect(start.text).not.toMatch(/^\s+at /m);
      for (const secret of ['canary', 'a%b', 'b%0d']) expect(start.text).not.toContain(secret);
      expect(refusalOf(environment, '--check-config')).toEqual(start);
    },
  );

  it('a start names every problem of settings and files at once', () => {
    const { text } = refusalOf({
      NODE_ENV: 'prod',
      REDIS_URL: 'redis://:a%b@127.0.0.1:1',
      STRIPE_SECRET_KEY_FILE: '/nowhere',
    });
    for (const name of ['NODE_ENV:', 'REDIS_URL:', 'STRIPE_SECRET_KEY_FILE:'])
      expect(text).toContain(`  ${name}`);
  });

  it.each<[what: string, environment: Record<string, string>]>([
    [
      'Apollo’s variables, contradictory ones included',
      {
        APOLLO_KEY: 'service:g:abc',
        APOLLO_GRAPH_ID: 'g',
        APOLLO_GRAPH_REF: 'g@v',
        APOLLO_SCHEMA_REPORTING: 'true',
      },
    ],
    [
      'a sampler’s argument without a zero',
      { ...collector, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '.25' },
    ],
    ['an argument that its sampler does not read', { ...collector, OTEL_TRACES_SAMPLER_ARG: 'rules=x' }],
    [
      'settings of all telemetry that traces replace with their own',
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_EXPORTER_OTLP_TIMEOUT: '10s',
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:1/v1/traces',
        OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
        OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '1000',
      },
    ],
    ['a protocol for a collector that is not there', { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }],
    [
      'any tracing setting where tracing is switched off',
      {
        ...collector,
        OTEL_SDK_DISABLED: 'TRUE',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_TRACES_SAMPLER: 'xray',
      },
    ],
    [
      'a live key on an address that others reach, with AUTH_MODE=none written out',
      { HOST: '0.0.0.0', STRIPE_SECRET_KEY: 'rk_live_1', AUTH_MODE: 'none' },
    ],
    ['a Redis password with an encoded %', { REDIS_URL: 'redis://:a%25b@127.0.0.1:1/3' }],
  ])('a start succeeds with %s', async (_, environment) => {
    const gateway = await startTestGateway(environment);
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    await gateway.close();
    expect(gateway.told()).not.toMatch(/apollo/i);
  });

  it('a start reports no schema or usage to GraphOS, whatever Apollo’s variables say', async () => {
    const upstream = await startRecordingUpstream();
    const gateway = await startTestGateway(
      upstreamAt(upstream.url, {
        APOLLO_KEY: 'service:g:abc',
        APOLLO_GRAPH_REF: 'g@current',
        APOLLO_SCHEMA_REPORTING: 'true',
      }),
    );
    await gateway.send('{ __typename }');
    const log = (await gateway.flushed()).join('\n');
    await gateway.close();
    expect(log).not.toMatch(/"part":"apollo"/);
    await upstream.close();
  });

  it('a start lets no library print what it sends under DEBUG', async () => {
    const gateway = await startTestGateway({ DEBUG: '*', REDIS_URL: 'redis://:canary@127.0.0.1:1' });
    await gateway.flushed();
    await gateway.close();
    expect(gateway.told()).not.toMatch(/ioredis|canary/);
  });

  it.each([
    ['the attributes name it', { OTEL_RESOURCE_ATTRIBUTES: 'service.name=radar' }, 'radar'],
    [
      'OTEL_SERVICE_NAME does as well',
      { OTEL_RESOURCE_ATTRIBUTES: 'service.name=radar', OTEL_SERVICE_NAME: 'gateway' },
      'gateway',
    ],
    ['neither does', {}, 'customer-evaluations-gateway'],
  ])('a start traces under the service’s name if %s', async (_, environment, name) => {
    const receiver = await startCollector();
    const gateway = await startTestGateway({
      OTEL_EXPORTER_OTLP_ENDPOINT: `${receiver.url}/?api-key=1`,
      ...environment,
    });
    await gateway.send('{ __typename }');
    await gateway.close();
    expect(receiver.spans[0]?.resource['service.name']).toBe(name);
    expect(receiver.requests[0]?.path).toBe('/v1/traces?api-key=1');
    await receiver.close();
  });
});

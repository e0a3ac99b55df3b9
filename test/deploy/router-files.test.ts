import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { gatewayConfig } from '../../deploy/supergraph/gateway.config.ts';
import { readConfig } from '../../src/config/config.ts';

const passedOn = ['authorization', 'x-request-id', 'x-request-timeout-ms'];
const read = (name: string) => parse(readFileSync(`deploy/supergraph/${name}`, 'utf8'));
const { deadlineMs } = readConfig({});

describe('a router’s file in deploy/supergraph', () => {
  it('a router’s file in deploy/supergraph passes on the deadline, the id and the token, and waits long enough: Hive Gateway', () => {
    const headers = Object.fromEntries(passedOn.map((name) => [name, `some ${name}`]));
    const request = new Request('http://router/graphql', { headers });
    const { propagateHeaders, upstreamTimeout } = gatewayConfig;
    expect(
      propagateHeaders.fromClientToSubgraphs({ request, subgraphName: 'customer-evaluations' }),
    ).toMatchObject(headers);
    expect(upstreamTimeout).toBeGreaterThan(deadlineMs);
  });

  it('a router’s file in deploy/supergraph passes on the deadline, the id and the token, and adds the router’s secret: Apollo Router', () => {
    const { headers, traffic_shaping: shaping } = read('router.yaml');
    const rules = [...headers.all.request, ...headers.subgraphs['customer-evaluations'].request];
    expect(rules.flatMap(({ propagate }) => propagate?.named ?? []).sort()).toEqual(passedOn);
    expect(rules).toContainEqual({
      insert: { name: 'x-router-secret', value: '$' + '{env.ROUTER_SECRET}' },
    });
    expect(milliseconds(shaping.subgraphs['customer-evaluations'].timeout)).toBeGreaterThan(deadlineMs);
  });

  it('a router’s file in deploy/supergraph passes on the deadline, the id and the token, adds the router’s secret, and is closed to pages: Cosmo Router', () => {
    const { headers, traffic_shaping: shaping } = read('cosmo.yaml');
    const rules = [...headers.all.request, ...headers.subgraphs['customer-evaluations'].request];
    expect(rules.flatMap(({ op, named }) => (op === 'propagate' ? named : [])).sort()).toEqual(passedOn);
    expect(rules).toContainEqual({ op: 'set', name: 'x-router-secret', value: '$' + '{ROUTER_SECRET}' });
    expect(shaping.all.retry.enabled).toBe(false);
    expect(read('cosmo.yaml')).toMatchObject({ cors: { enabled: false }, file_upload: { enabled: false } });
    expect(milliseconds(shaping.subgraphs['customer-evaluations'].request_timeout)).toBeGreaterThan(
      deadlineMs,
    );
  });

  it('a router’s file in deploy/supergraph lets clients see a failure’s code and everything to act on: Cosmo Router', () => {
    const { mode, allowed_extension_fields: allowed } = read('cosmo.yaml').subgraph_error_propagation;
    expect(mode).toBe('pass-through');
    const toActOn = ['code', 'retryable', 'effect', 'retryAfterMs', 'path', 'idempotencyKeys', 'requestId'];
    expect(allowed).toEqual(expect.arrayContaining(toActOn));
  });
});

function milliseconds(seconds: string): number {
  return 1000 * Number(/^(\d+)s$/.exec(seconds)?.[1]);
}

import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import fastify from 'fastify';
import { addressIn, clientAddress, trustedProxies } from '../../src/http/forwarded-address.ts';
import { startTestGateway } from '../harness/gateway.ts';

describe('An entry of X-Forwarded-For', () => {
  it.each([
    ['203.0.113.5', '203.0.113.5'],
    ['203.0.113.5:50001', '203.0.113.5'],
    [' 203.0.113.5:50001 ', '203.0.113.5'],
    ['"203.0.113.5:50001"', '203.0.113.5'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:50001', '2001:db8::1'],
    ['"[2001:db8::1]:50001"', '2001:db8::1'],
    ['"2001:db8::1"', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:203.0.113.5', '::ffff:203.0.113.5'],
    ['[203.0.113.5]', undefined],
    ['for=203.0.113.5', undefined],
    ['unknown', undefined],
    ['_hidden', undefined],
    ['203.0.113.5:port', undefined],
    ['203.0.113.5:1:2', undefined],
    ['256.0.113.5:50001', undefined],
    ['[2001:db8::1', undefined],
    ['""', undefined],
    ['', undefined],
  ])('An entry of X-Forwarded-For %j is the address %s', (entry, address) => {
    expect(addressIn(entry)).toBe(address);
  });
});

describe('The address of a client', () => {
  it('The address of a client is the one that Fastify finds, whatever the hops are', async () => {
    const isTrusted = trustedProxies(['loopback', '10.0.0.0/8']);
    const server = fastify({ trustProxy: isTrusted });
    server.get('/', ({ ip }) => ip);
    const hop = fc.constantFrom('127.0.0.1', '10.0.0.1:443', '203.0.113.5', '2001:db8::1', 'unknown', '');
    const remote = fc.constantFrom('127.0.0.1', '10.1.1.1', '203.0.113.6');
    await fc.assert(
      fc.asyncProperty(remote, fc.array(hop, { maxLength: 4 }), async (remoteAddress, hops) => {
        const headers = hops.length === 0 ? {} : { 'x-forwarded-for': hops.join(', ') };
        const { body: ip } = await server.inject({ url: '/', headers, remoteAddress });
        const request = { socket: { remoteAddress }, headers } as unknown as IncomingMessage;
        expect(clientAddress(request, isTrusted)).toBe(addressIn(ip) ?? remoteAddress);
      }),
    );
    await server.close();
  });
});

describe('TRUST_PROXY', () => {
  it.each([
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.0.0.0/8', '10.1.2.3:443', true],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['10.0.0.0/8', '11.1.2.3', false],
    ['10.0.0.0/8', 'unknown', false],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['::ffff:10.0.0.1', '10.0.0.1', true],
    ['2001:db8::/32', '[2001:db8:1::2]:443', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['loopback', '127.9.9.9', true],
    ['loopback', '::1', true],
    ['uniquelocal', 'fd00::1', true],
    ['linklocal', 'fe80::1%eth0', true],
    ['0.0.0.0/0', '203.0.113.5', true],
    ['0.0.0.0/0', '2001:db8::1', false],
  ])('TRUST_PROXY=%s believes %s: %s', (network, address, believed) => {
    expect(trustedProxies([network])(address)).toBe(believed);
  });

  it('TRUST_PROXY yields no address for a closed connection', () => {
    expect(trustedProxies(['loopback'])(undefined)).toBe(false);
  });
});

describe('A proxy that adds ports to X-Forwarded-For, as Azure Application Gateway and IIS do', () => {
  const evaluate =
    'mutation { createCustomerEvaluation(input: {eventType: LOGIN, evaluationContext: [{clientDetails: {radarSession: "r"}}]}) { idempotencyKey } }';

  it('A proxy that adds ports to X-Forwarded-For has its callers distinguished by the first untrusted hop', async () => {
    const gateway = await startTestGateway({
      TRUST_PROXY: 'loopback, 10.0.0.0/8',
      RATE_LIMIT_PER_MINUTE: '1',
    });
    const from = async (forwarded: string) =>
      (await gateway.send(evaluate, {}, { 'x-forwarded-for': forwarded })).status;
    expect(await from('203.0.113.5:50001')).toBe(200);
    expect(await from('203.0.113.5:50002')).toBe(429);
    expect(await from('203.0.113.6:50001')).toBe(200);
    expect(await from('198.51.100.1, 203.0.113.6:50003, 10.0.0.1:443')).toBe(429);
    expect(await from('"[2001:db8::1]:50001"')).toBe(200);
    expect(await from('2001:db8::2')).toBe(429);
    await gateway.close();
    expect(gateway.log.filter((line) => line.includes('X-Forwarded-For'))).toEqual([]);
  });

  it('A proxy that sends an invalid address is logged once, without that value', async () => {
    const gateway = await startTestGateway({ TRUST_PROXY: 'loopback', RATE_LIMIT_PER_MINUTE: '100' });
    for (const forwarded of ['unknown', 'for=203.0.113.5', 'jenny']) {
      await gateway.send(evaluate, {}, { 'x-forwarded-for': forwarded });
    }
    await gateway.close();
    const lines = gateway.log.filter((line) => line.includes('X-Forwarded-For'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toMatch(/unknown|203\.0|jenny/);
  });
});

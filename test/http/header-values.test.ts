import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { headerValues } from '../../src/http/header-values.ts';
import { sendRaw } from '../harness/raw-request.ts';

const anyName = fc.constantFrom(
  'authorization',
  'AUTHORIZATION',
  'X-Router-Secret',
  'x-router-secret',
  'cookie',
);
const anyValue = fc.stringMatching(/^[!-~]{0,8}$/);

it('a request’s header has the values that Node tells apart, in the order sent, however its name is spelt', async () => {
  const server = createServer((request, response) => {
    const valuesOf = headerValues(request);
    const node = request.headersDistinct;
    const ours = Object.fromEntries(Object.keys(node).map((name) => [name, valuesOf(name)]));
    response.end(JSON.stringify({ ours, node, absent: valuesOf('constructor') }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(anyName, anyValue), { maxLength: 8 }), async (headers) => {
      const lines = ['Host: x', ...headers.map(([name, value]) => `${name}: ${value}`)];
      const { body } = await sendRaw(url, 'GET / HTTP/1.1', lines);
      const { ours, node, absent } = JSON.parse(body);
      expect(ours).toEqual(node);
      expect(absent).toEqual([]);
      expect(Object.keys(ours)).toEqual(
        expect.arrayContaining(['host', ...headers.map(([name]) => name.toLowerCase())]),
      );
    }),
  );
  server.close();
});

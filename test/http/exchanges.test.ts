import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { Exchanges } from '../../src/http/exchanges.ts';

it('a connection forgets a request that was answered before its body came as soon as the body has come', async () => {
  const exchanges = new Exchanges();
  const server = createServer((request, response) => {
    exchanges.begin(request, response);
    response.end('too early');
  });
  let accepted: Socket | undefined;
  server.on('connection', (socket) => {
    accepted = socket;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n');
  await once(client, 'data');
  if (accepted === undefined) throw new Error('no connection');
  // A body that is late or broken concerns this request.
  while (exchanges.inFlight(accepted).length > 0) await delay(5);
  expect(exchanges.isAnsweredEarly(accepted)).toBe(true);
  client.write('{}');
  while (exchanges.newest(accepted) !== undefined) await delay(5);
  expect(accepted.destroyed).toBe(false);
  client.destroy();
  server.close();
});

import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { failureReason } from '../../src/errors/failure-reason.ts';

it('the reason of a command sent to Redis between two connections is that it is disconnected', async () => {
  const redis = new Redis({ port: 1, enableOfflineQueue: false, retryStrategy: () => 60_000 });
  redis.on('error', () => undefined);
  const error = await redis.get('x').catch((reason: unknown) => reason);
  redis.disconnect();
  expect((error as Error).message).toContain('writeable');
  expect(failureReason(error)).toBe('disconnected');
});

it('the reason of a command in flight when Redis closes its connection is that it is disconnected', async () => {
  const server = createServer((socket) => socket.on('data', () => socket.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const options = { port, maxRetriesPerRequest: 0, retryStrategy: () => 60_000, disableClientInfo: true };
  const redis = new Redis({ ...options, enableReadyCheck: false });
  redis.on('error', () => undefined);
  const error = await redis.get('x').catch((reason: unknown) => reason);
  redis.disconnect();
  server.close();
  expect((error as Error).name).toBe('MaxRetriesPerRequestError');
  expect(failureReason(error)).toBe('disconnected');
});

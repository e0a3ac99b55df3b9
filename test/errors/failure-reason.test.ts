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

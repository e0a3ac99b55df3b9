import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createAuthenticator } from '../../src/access/authentication.ts';
import { AdmissionQueue } from '../../src/admission/admission-queue.ts';
import { Origins } from '../../src/http/cors.ts';
import { Exchanges } from '../../src/http/exchanges.ts';
import { serverWithLoadShedding } from '../../src/http/load-shedding.ts';
import { RefusalWriter } from '../../src/http/refusal-writer.ts';
import { SlowReaders } from '../../src/http/slow-readers.ts';
import type { UnrecordedRequest } from '../../src/telemetry/request-hooks.ts';

/** Blocks the event loop, as work does. */
function work(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('The queue before Fastify', () => {
  it('The queue before Fastify answers 500 if a bug prevents a request’s turn, logs the bug without its message, and goes on', async () => {
    const output = new PassThrough();
    let log = '';
    output.on('data', (text) => {
      log += text;
    });
    const recorded: UnrecordedRequest[] = [];
    const writer = new RefusalWriter({
      closesAfter: () => false,
      origins: new Origins({ corsOrigins: [], corsLocal: false }),
      slowReaders: new SlowReaders({ timeoutMs: 30_000, onCutOff: () => undefined }),
      record: (request) => recorded.push(request),
      log: pino(output),
    });
    const authenticator = {
      ...createAuthenticator({ mode: 'none' }, {} as never, () => undefined),
      recognize: () => {
        throw new TypeError('canary@example.com');
      },
    };
    const options = {
      queue: new AdmissionQueue(60_000),
      authenticator,
      isTrustedProxy: () => false,
      hosts: undefined,
      writer,
      exchanges: new Exchanges(),
      onFlood: () => undefined,
    };
    const server = serverWithLoadShedding({}, options, (_request, response) => {
      work(30);
      response.end('inside');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const response = await fetch(url);
        return { status: response.status, text: await response.text() };
      }),
    );
    const failed = answers.filter(({ status }) => status === 500);
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.length + answers.filter(({ text }) => text === 'inside').length).toBe(20);
    for (const { text } of failed) {
      const [error] = JSON.parse(text).errors;
      expect(error.extensions).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', retryable: false });
      expect(error.extensions).not.toHaveProperty('effect');
    }
    expect(recorded.filter(({ status }) => status === 500)).toHaveLength(failed.length);
    expect(log).toContain('unhandled error in a request');
    expect(log).not.toContain('canary');
    expect(await (await fetch(url)).text()).toBe('inside');
    server.close();
    server.closeAllConnections();
  });
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createEverything, registration } from '../harness/evaluations.ts';
import { type Fault, type FaultyUpstream, raw, startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { containerHeap, startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';

const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
const chunked = `${head}transfer-encoding: chunked\r\n\r\n`;
const oneByteChunks = Buffer.from('1\r\n \r\n'.repeat(900_000));
const invalid = { code: 'UPSTREAM_INVALID_RESPONSE', effect: 'UNKNOWN' };

/** Takes effect, and writes the piece repeatedly until the connection is closed. */
const pour =
  (start: string, piece: Buffer): Fault =>
  ({ socket, takeEffect }) => {
    takeEffect();
    socket.on('error', () => undefined);
    socket.write(start);
    const more = (): void => {
      while (!socket.destroyed && socket.write(piece));
    };
    socket.on('drain', more);
    more();
  };

describe('a response of the upstream in a great many pieces', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startFaultyUpstream();
  });
  afterAll(() => upstream.close());
  beforeEach(async () => {
    upstream.reset();
    gateway = await startTestGateway(
      upstreamAt(upstream.url, { UPSTREAM_TIMEOUT_MS: '10000', UPSTREAM_DEADLINE_MS: '20000' }),
      containerHeap,
    );
  });
  afterEach(() => gateway.close());

  const create = async (idempotencyKey: string) => {
    const { data } = await gateway.send(createEverything, { input: registration({ idempotencyKey }) });
    return data.createCustomerEvaluation;
  };

  it.each<{ what: string; fault: Fault }>([
    { what: '900,000 chunks of one byte', fault: raw(chunked, oneByteChunks, '0\r\n\r\n') },
    { what: 'chunks of one byte without an end', fault: pour(chunked, oneByteChunks.subarray(0, 60_000)) },
    {
      what: 'trailers without an end',
      fault: pour(`${chunked}0\r\n`, Buffer.from('x-trailer: y\r\n'.repeat(5_000))),
    },
    { what: 'header fields without an end', fault: pour(head, Buffer.from('x: y\r\n'.repeat(5_000))) },
    {
      what: 'interim responses without an end',
      fault: pour('', Buffer.from('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'.repeat(1_000))),
    },
  ])(
    'a response of the upstream in a great many pieces ends no gateway and is refused without a repeat, in eight calls at once: $what',
    async ({ fault }) => {
      upstream.always(fault);
      const payloads = await Promise.all(Array.from({ length: 8 }, (_, index) => create(`key ${index}`)));
      expect(payloads.map(({ errors }) => errors)).toMatchObject(Array(8).fill([invalid]));
      expect(upstream.keys).toHaveLength(8);
      expect(gateway.child.exitCode).toBeNull();
    },
  );

  it('a response of the upstream in a great many pieces is an evaluation where it holds one, however it was cut', async () => {
    upstream.next(({ response, takeEffect }) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      for (const byte of Buffer.from(takeEffect())) response.write(Buffer.of(byte));
      response.end();
    });
    const { customerEvaluation, errors } = await create('one');
    expect(errors).toEqual([]);
    expect(customerEvaluation.id).toBe('ceval_1');
  });
});

import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createEverything, registration } from '../harness/evaluations.ts';
import { hang, startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';

// The attempt's timeout is longer than the whole call's.
const limits = { UPSTREAM_TIMEOUT_MS: '60000', UPSTREAM_DEADLINE_MS: '2000' };

describe('A gateway whose UPSTREAM_TIMEOUT_MS is longer than UPSTREAM_DEADLINE_MS', () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  const create = async (gateway: TestGateway) => {
    const { data } = await gateway.send(createEverything, { input: registration() });
    return data.createCustomerEvaluation;
  };

  it('the circuit breaker opens if no attempt is answered by the deadline', async () => {
    const upstream = await startFaultyUpstream();
    closing.push(() => upstream.close());
    upstream.always(hang);
    const gateway = await startTestGateway(upstreamAt(upstream.url, limits));
    closing.push(() => gateway.close());
    await Promise.all(Array.from({ length: 12 }, () => create(gateway)));
    await gateway.logged(/the circuit breaker to the upstream is open/);
    // At most one of them is a probe, if the breaker is half-open already.
    const next = await Promise.all(Array.from({ length: 5 }, () => create(gateway)));
    const refused = next.filter(({ errors: [error] }) => error?.code === 'UPSTREAM_UNAVAILABLE');
    expect(refused.length).toBeGreaterThanOrEqual(4);
    for (const { errors } of refused) expect(errors).toMatchObject([{ effect: 'NONE' }]);
    expect(upstream.keys).toHaveLength(12 + next.length - refused.length);
  });

  it('the process ends cleanly although a connection attempt never completes', async () => {
    // Accepts connections and never starts TLS.
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    closing.push(async () => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const { port } = silent.address() as AddressInfo;
    const gateway = await startTestGateway(upstreamAt(`https://127.0.0.1:${port}`, limits));
    expect(await create(gateway)).toMatchObject({
      errors: [{ code: 'UPSTREAM_UNAVAILABLE', effect: 'NONE' }],
    });
    // Rejects if the drain had to be cut off.
    await gateway.close();
  });
});

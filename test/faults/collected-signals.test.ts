import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from '@jest/globals';
import { createEverything } from '../harness/evaluations.ts';
import { type Fault, startFaultyUpstream, status } from '../harness/faulty-upstream.ts';
import { startTestGateway, upstreamAt } from '../harness/gateway.ts';
import { personalInput } from '../harness/personal-input.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const neverAnswer: Fault = () => undefined;

it.each([
  { failsFirst: 'with 503', first: status(503) },
  { failsFirst: 'by its time', first: neverAnswer },
])(
  'ends a repeat in time, whatever was collected meanwhile, and then itself (the first fails $failsFirst)',
  async ({ first }) => {
    const upstream = await startFaultyUpstream();
    upstream.always(neverAnswer);
    upstream.next(first);
    const gateway = await startTestGateway(
      upstreamAt(upstream.url, {
        UPSTREAM_TIMEOUT_MS: '500',
        UPSTREAM_DEADLINE_MS: '3000',
        UPSTREAM_MAX_ATTEMPTS: '2',
      }),
    );
    const collecting = setInterval(collectGarbage, 20);
    const { data } = await gateway.send(createEverything, { input: personalInput });
    clearInterval(collecting);
    expect(data.createCustomerEvaluation.errors).toMatchObject([{ code: 'UPSTREAM_TIMEOUT' }]);
    expect(upstream.keys).toHaveLength(2);
    // It waits for what is under way.
    await gateway.close();
    await upstream.close();
  },
);

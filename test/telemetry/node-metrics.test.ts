import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';
import { metricsUrl, scrape, sumOf } from '../harness/scrape.ts';

describe('the metrics of the event loop', () => {
  let gateway: TestGateway;
  afterEach(() => gateway.close());

  const lag = async (statistic: string): Promise<number> =>
    sumOf(await scrape(metricsUrl(gateway)), `nodejs_eventloop_lag_${statistic}_seconds`);

  it('the metrics of the event loop do not wake an idle gateway a hundred times a second', async () => {
    gateway = await startTestGateway({ METRICS_PORT: '0' });
    const wakeUps = (): number => {
      const status = readFileSync(`/proc/${gateway.child.pid}/status`, 'utf8');
      return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1]);
    };
    await delay(500);
    const before = wakeUps();
    await delay(2_000);
    expect((wakeUps() - before) / 2).toBeLessThan(30);
  });

  it('the metrics of the event loop show a block, and no delay without one', async () => {
    const block = `process.on('SIGWINCH',()=>{const end=Date.now()+1000;while(Date.now()<end);})`;
    gateway = await startTestGateway({
      METRICS_PORT: '0',
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(block)}`,
    });
    await delay(500);
    // Far below the interval of samples, which is not part of the delay.
    expect(await lag('min')).toBeLessThan(0.05);
    gateway.child.kill('SIGWINCH');
    while ((await lag('max')) < 0.8) await delay(50);
    await delay(500);
    expect(await lag('min')).toBeLessThan(0.05);
  });

  it('the metrics of the event loop keep their values in a second scrape at once', async () => {
    gateway = await startTestGateway({ METRICS_PORT: '0' });
    await delay(500);
    expect((await Promise.all([lag('p99'), lag('p99')])).every((value) => value > 0)).toBe(true);
    const values = await Promise.all(['min', 'mean', 'p50', 'p90', 'p99', 'max', 'stddev'].map(lag));
    for (const value of values) {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThan(60);
    }
  });
});

import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Pool } from 'undici';
import { accountsOfCallers, inAccount } from '../harness/callers-accounts.ts';
import { registrationAnswer } from '../harness/evaluations.ts';
import { type GatewayProcess, spawnGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';
import { metricsUrl, scrape, sumOf } from '../harness/scrape.ts';

/** `npm run accounts` uses more accounts and prints what it measured. */
const { ACCOUNTS_SEEN } = process.env;
const accountsSeen = Number(ACCOUNTS_SEEN ?? 10_500);
/** The number of idle accounts that are kept. */
const accountsKept = 10_000;

const query = `mutation {
  createCustomerEvaluation(input: {
    eventType: REGISTRATION, evaluationContext: [{ clientDetails: { radarSession: "rse_1" } }]
  }) { customerEvaluation { id } errors { code } }
}`;

// The process reports its heap, which no other process can see.
const tellHeap =
  "process.on('SIGUSR2', () => { gc(); process.stderr.write('heapUsed ' + process.memoryUsage().heapUsed + '\\n'); })";

describe('accounts that a gateway sees once each', () => {
  let upstream: RecordingUpstream;
  let gateway: GatewayProcess;
  let pool: Pool;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    upstream.answer(200, registrationAnswer);
    gateway = await spawnGateway(
      upstreamAt(upstream.url, {
        ...accountsOfCallers,
        // With these settings, each account keeps as much state as it can.
        UPSTREAM_MAX_PER_SECOND: '25',
        RATE_LIMIT_PER_MINUTE: 'off',
        RATE_LIMIT_PER_ADDRESS_PER_MINUTE: 'off',
        MAX_EVENT_LOOP_DELAY_MS: '10000',
        METRICS_PORT: '0',
      }),
      { nodeOptions: ['--expose-gc', `--import=data:text/javascript,${encodeURIComponent(tellHeap)}`] },
    );
    pool = new Pool(gateway.url, { connections: 16 });
  });
  afterAll(async () => {
    await pool.close();
    await gateway.close();
    await upstream.close();
  });

  const create = async (account: string): Promise<string> => {
    const headers = { 'content-type': 'application/json', ...inAccount(account) };
    const body = JSON.stringify({ query });
    const answer = await pool.request({ path: '/graphql', method: 'POST', headers, body });
    return answer.body.text();
  };

  /** Makes a call for each account; returns how many returned an evaluation. */
  async function callFor(name: string, accounts: number): Promise<number> {
    let next = 0;
    let made = 0;
    const client = async (): Promise<void> => {
      for (let account = next++; account < accounts; account = next++) {
        if ((await create(`acct_${name}_${account}`)).includes(registrationAnswer.id)) made += 1;
      }
    };
    await Promise.all(Array.from({ length: 32 }, client));
    upstream.requests.length = 0;
    return made;
  }

  async function heapMegabytes(): Promise<number> {
    const before = gateway.told().length;
    const told = () => /heapUsed (\d+)\n/.exec(gateway.told().slice(before))?.[1];
    gateway.child.kill('SIGUSR2');
    while (told() === undefined) await delay(10);
    return Number(told()) / 1024 / 1024;
  }

  it(`no more than ${accountsKept} accounts are kept by a running gateway, in bounded memory, however many it sees`, async () => {
    await callFor('warm_up', 300);
    const before = await heapMegabytes();
    expect(await callFor('seen_once', accountsSeen)).toBe(accountsSeen);
    const kept = sumOf(await scrape(metricsUrl(gateway)), 'customer_evaluations_stripe_accounts');
    expect(kept).toBe(accountsKept);
    // 25 to 28 MB were measured, for ten thousand as for a hundred thousand.
    const grown = (await heapMegabytes()) - before;
    if (ACCOUNTS_SEEN !== undefined) {
      const [resident] = readFileSync(`/proc/${gateway.child.pid}/status`, 'utf8').match(/VmRSS.*/) ?? [];
      process.stdout.write(`the heap grew by ${grown.toFixed(1)} MB, ${resident}\n`);
    }
    expect(grown).toBeLessThan(50);
    // An account that was forgotten is served like a new one.
    expect(await create('acct_seen_once_0')).toContain(registrationAnswer.id);
  }, 600_000);
});

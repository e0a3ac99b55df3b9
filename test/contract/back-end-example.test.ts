import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sandboxCases } from '../../src/sandbox/cases.ts';
import { type ClientProject, makeClientProject } from '../harness/client-project.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';

const routerSecret = 'the-secret-that-only-the-back-end-and-the-gateway-know';

interface Answer {
  readonly status: number;
  readonly decision: { status: string; reason: string };
}

/** The reasons for which the example does not let the person in. With any other risk level or error code it does. */
const statusBecauseOf: Readonly<Record<string, string>> = { HIGHEST: 'BLOCKED', ELEVATED: 'RESTRICTED' };

/** Cases in which Stripe answers within the time budget, so that the reason is a risk level. */
const evaluated = sandboxCases.v1.filter(({ group }) => group === 'Scores').map(({ word }) => word);

describe('the example of a back end', () => {
  let project: ClientProject;
  let gateway: TestGateway;
  let server: ChildProcess;
  let url: string;

  beforeAll(async () => {
    project = await makeClientProject(['graphql', 'graphql-request']);
    gateway = await startTestGateway({
      AUTH_MODE: 'router',
      ROUTER_SECRET: routerSecret,
      STRIPE_API_VERSION: '2026-06-24.preview',
    });
    server = spawn(process.execPath, [path.join(project.folder, 'back-end/server.ts')], {
      env: {
        GATEWAY_URL: `${gateway.url}/graphql`,
        ROUTER_SECRET: routerSecret,
        EVALUATION_BUDGET_MS: '800',
        PORT: '0',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    [url] = (await once(createInterface({ input: server.stdout as NodeJS.ReadableStream }), 'line')) as [
      string,
    ];
  }, 120_000);
  afterAll(async () => {
    server.kill('SIGTERM');
    await once(server, 'exit');
    await gateway.close();
    project.remove();
  });

  let attempts = 0;
  async function logIn(name: string, fields: Record<string, string> = {}): Promise<Answer> {
    attempts += 1;
    const response = await fetch(`${url}/log-in`, {
      method: 'POST',
      body: new URLSearchParams({
        email: `${name}@example.com`,
        password: 'secret',
        radar_session: 'rse_1',
        attempt: `attempt ${attempts}`,
        ...fields,
      }),
    });
    return { status: response.status, decision: (await response.json()) as Answer['decision'] };
  }

  it('the example of a back end lets a person in if the evaluation exceeds its time budget, and says that it timed out', async () => {
    for (const word of ['hang', 'delay_5000', 'drip']) {
      // The gateway itself would wait eight seconds, so the calls were ended by the budget.
      expect((await logIn(`sandbox_${word}`)).decision).toEqual({
        status: 'ALLOWED',
        reason: expect.stringMatching(/^(UPSTREAM_TIMEOUT|UPSTREAM_UNAVAILABLE|NO_ANSWER)$/),
      });
    }
  });

  it('the example of a back end evaluates a form once if it is sent twice, and reports its decision after the response', async () => {
    const before = (await reports()).length;
    const fields = { attempt: 'the same attempt' };
    const [first, second] = [await logIn('sandbox_normal', fields), await logIn('sandbox_normal', fields)];
    expect(second).toEqual(first);
    // Both logins report, under one key, so Stripe has one report.
    for (let read = 0; (await reports()).length < before + 2; read += 1) expect(read).toBeLessThan(200);
    expect((await reports()).slice(before).map(({ outcome }) => outcome)).toEqual(['OK', 'OK']);
  });

  it('the example of a back end evaluates with the request’s data if Stripe.js made no Radar Session', async () => {
    const { decision } = await logIn('sandbox_highest', { radar_session: '' });
    expect(decision).toEqual({ status: 'BLOCKED', reason: 'HIGHEST' });
  });

  it('the example of a back end serves a page whose form works without a Radar Session and carries one attempt', async () => {
    const pages = await Promise.all([1, 2].map(async () => (await fetch(url)).text()));
    const [first, second] = pages.map((page) => /name="attempt" value="([0-9a-f-]{36})"/.exec(page)?.[1]);
    expect(first).toBeDefined();
    expect(second).not.toBe(first);
    expect(pages[0]).toContain('<form method="post" action="/log-in">');
  });

  // Last, since so many failures open the circuit breaker.
  it.each(sandboxCases.v1.map(({ word }) => word))(
    'the example of a back end answers a login with its decision in the sandbox case %s',
    async (word) => {
      const { status, decision } = await logIn(`sandbox_${word}`);
      const expected = statusBecauseOf[decision.reason] ?? 'ALLOWED';
      expect(decision.status).toBe(expected);
      expect(status).toBe(expected === 'BLOCKED' ? 403 : 200);
      if (word === 'highest' || word === 'elevated') expect(decision.reason).toBe(word.toUpperCase());
      if (evaluated.includes(word) && word !== 'other_event')
        expect(decision.reason).not.toMatch(/^UPSTREAM_/);
    },
  );

  async function reports(): Promise<{ outcome: string }[]> {
    const lines = await gateway.flushed();
    return lines
      .filter((line) => line.includes('"operationName":"ReportCustomerEvaluation"'))
      .map((line) => JSON.parse(line) as { outcome: string });
  }
});

describe('the example of a back end without a gateway', () => {
  it('the example of a back end without a gateway lets the person in', async () => {
    const project = await makeClientProject(['graphql', 'graphql-request']);
    const closedPort = 'http://127.0.0.1:1/graphql';
    const script = `
      import { Evaluations } from './back-end/evaluation.ts';
      const evaluations = new Evaluations({ url: '${closedPort}', secret: undefined, budgetMs: 800 });
      console.log(JSON.stringify(await evaluations.decide('person', 'attempt', { eventType: 'LOGIN', evaluationContext: [] })));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: project.folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    expect(JSON.parse(line)).toEqual({ status: 'ALLOWED', reason: 'NO_ANSWER' });
    project.remove();
  }, 60_000);
});

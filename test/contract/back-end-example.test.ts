import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
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
const statusBecauseOf: Readonly<Record<string, string>> = {
  HIGHEST: 'BLOCKED',
  ELEVATED: 'RESTRICTED',
  BAD_USER_INPUT: 'RESTRICTED',
  NOT_FOUND: 'RESTRICTED',
};

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
      RATE_LIMIT_PER_MINUTE: '120',
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
  });
  afterAll(async () => {
    server.kill('SIGTERM');
    await once(server, 'exit');
    await gateway.close();
    project.remove();
  });

  /** An attempt as the page carries it. */
  async function newAttempt(): Promise<string> {
    const page = await (await fetch(url)).text();
    return /name="attempt" value="([\w.-]{80,})"/.exec(page)?.[1] ?? '';
  }

  async function logIn(
    name: string,
    fields: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(`${url}/log-in`, {
      method: 'POST',
      headers,
      body: new URLSearchParams({
        email: `${name}@example.com`,
        password: 'secret',
        radar_session: 'rse_1',
        attempt: await newAttempt(),
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
    const fields = { attempt: await newAttempt() };
    const [first, second] = [await logIn('sandbox_normal', fields), await logIn('sandbox_normal', fields)];
    expect(second).toEqual(first);
    // Both logins report, under one key, so Stripe has one report.
    for (let read = 0; (await reports()).length < before + 2; read += 1) expect(read).toBeLessThan(200);
    expect((await reports()).slice(before).map(({ outcome }) => outcome)).toEqual(['OK', 'OK']);
  });

  it('the example of a back end survives a form that breaks off, and one that is too long', async () => {
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write('POST /log-in HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nemail=');
    await once(socket, 'ready');
    socket.destroy();
    await expect(logIn('sandbox_normal', { radar_session: 'r'.repeat(200_000) })).rejects.toThrow();
    expect((await logIn('sandbox_normal')).decision.status).toBe('ALLOWED');
    expect(server.exitCode).toBeNull();
  });

  it('the example of a back end evaluates with the request’s data if Stripe.js made no Radar Session', async () => {
    const { decision } = await logIn('sandbox_highest', { radar_session: '' });
    expect(decision).toEqual({ status: 'BLOCKED', reason: 'HIGHEST' });
  });

  it('the example of a back end serves a page whose form works without a Radar Session and carries one attempt', async () => {
    const [first, second] = [await newAttempt(), await newAttempt()];
    expect(first).not.toBe('');
    expect(second).not.toBe(first);
    expect(await (await fetch(url)).text()).toContain('<form method="post" action="/log-in">');
  });

  const blocked = { status: 'BLOCKED', reason: 'HIGHEST' };

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['an empty attempt', { attempt: '' }, {}],
    ['an attempt of its own', { attempt: 'mine' }, {}],
    ['an attempt that no header or form can carry', { attempt: 'é'.repeat(300) }, {}],
    ['a Radar Session that Stripe refuses', { radar_session: 'sandbox_error_400' }, {}],
    ['a Radar Session that Stripe does not know', { radar_session: 'sandbox_missing' }, {}],
    ['a Radar Session of 6,000 characters', { radar_session: 'r'.repeat(6_000) }, {}],
    ['a Radar Session larger than the gateway accepts', { radar_session: 'r'.repeat(90_000) }, {}],
    ['a referrer of 9,000 characters', { radar_session: '' }, { referer: 'r'.repeat(9_000) }],
    ['an empty user agent', { radar_session: '' }, { 'user-agent': '' }],
  ])('the example of a back end evaluates a person who sends %s', async (_, fields, headers) => {
    expect((await logIn('sandbox_highest', fields, headers)).decision).toEqual(blocked);
  });

  it('the example of a back end evaluates a person who sends a used attempt with another Radar Session', async () => {
    const attempt = await newAttempt();
    expect((await logIn('sandbox_highest', { attempt })).decision).toEqual(blocked);
    expect((await logIn('sandbox_highest', { attempt, radar_session: 'rse_2' })).decision).toEqual(blocked);
  });

  it('the example of a back end asks a person for proof whose address cannot be evaluated in any way', async () => {
    const { decision } = await logIn(`sandbox_highest${'a'.repeat(6_000)}`);
    expect(decision).toEqual({ status: 'RESTRICTED', reason: 'BAD_USER_INPUT' });
  });

  it('the example of a back end evaluates a person whose address no header can carry', async () => {
    expect((await logIn('ü sandbox_highest')).decision).toEqual(blocked);
  });

  it('the example of a back end does not let a person in who logs in until the rate limit refuses the call', async () => {
    const reasons: string[] = [];
    while (!reasons.includes('RATE_LIMITED')) {
      const { decision } = await logIn('often.sandbox_highest');
      expect(decision.status).not.toBe('ALLOWED');
      expect(reasons.push(decision.reason)).toBeLessThan(200);
    }
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
    expect(JSON.parse(line)).toEqual({ status: 'ALLOWED', reason: 'NO_ANSWER', eventType: 'LOGIN' });
    project.remove();
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
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

let project: ClientProject;

beforeAll(async () => {
  project = await makeClientProject(['graphql', 'graphql-request']);
});
afterAll(() => project.remove());

describe('the example of a back end', () => {
  let gateway: TestGateway;
  let server: ChildProcess;
  let url: string;
  /** What the server printed of each login. */
  const printed: Answer['decision'][] = [];

  beforeAll(async () => {
    gateway = await startTestGateway({
      AUTH_MODE: 'router',
      ROUTER_SECRET: routerSecret,
      RATE_LIMIT_PER_MINUTE: '120',
      STRIPE_API_VERSION: '2026-06-24.preview',
    });
    server = spawn(process.execPath, [path.join(project.folder, 'back-end/server.ts')], {
      env: {
        GATEWAY_URL: `${gateway.url}/graphql`,
        // As during a rotation.
        ROUTER_SECRET: `${routerSecret}, the-next-secret-which-the-gateway-does-not-know-yet`,
        EVALUATION_BUDGET_MS: '2500',
        PORT: '0',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: server.stdout as NodeJS.ReadableStream });
    [url] = (await once(lines, 'line')) as [string];
    lines.on('line', (line) => printed.push(JSON.parse(line) as Answer['decision']));
  });
  afterAll(async () => {
    server.kill('SIGTERM');
    await once(server, 'exit');
    await gateway.close();
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
    const before = printed.length;
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
    const body = (await response.json()) as Partial<Answer['decision']>;
    while (printed.length === before) await delay(5);
    const decision = printed[before] as Answer['decision'];
    // The person learns neither the risk level nor the failure.
    expect(body).toEqual({ status: decision.status });
    return { status: response.status, decision };
  }

  it.each(['800ms', '0.5', '-1'])(
    'the example of a back end does not start with a time budget of %s',
    async (budget) => {
      const other = spawn(process.execPath, [path.join(project.folder, 'back-end/server.ts')], {
        env: { EVALUATION_BUDGET_MS: budget, PORT: '0' },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const [output, [code]] = await Promise.all([text(other.stderr), once(other, 'exit')]);
      expect(output).toContain('EVALUATION_BUDGET_MS must be a whole number of milliseconds');
      expect(code).toBe(1);
    },
  );

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

  it('the example of a back end evaluates a person who adds to an attempt', async () => {
    const attempt = await newAttempt();
    for (const added of ['.é', '.1', '.']) {
      expect((await logIn('sandbox_highest', { attempt: attempt + added })).decision).toEqual(blocked);
    }
  });

  it('the example of a back end lets nobody in who submits many forms at once, or one form several times', async () => {
    const before = printed.length;
    const [one, ...others] = await Promise.all(Array.from({ length: 10 }, newAttempt));
    const answers = await Promise.all(
      [one, one, ...others].map(async (attempt) => {
        const body = new URLSearchParams({
          email: 'at.once.sandbox_highest@example.com',
          attempt: attempt ?? '',
        });
        return (await (await fetch(`${url}/log-in`, { method: 'POST', body })).json()) as { status: string };
      }),
    );
    while (printed.length < before + answers.length) await delay(5);
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toContain('BLOCKED');
    expect(statuses).not.toContain('ALLOWED');
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

describe('the example of a back end in front of a gateway that refuses', () => {
  /** Runs a script against a server that answers each operation by `answers`, and returns what was sent and told. */
  async function run(
    script: string,
    answers: (operation: string, count: number) => { status?: number; body: object },
  ): Promise<{ keys: string[]; told: string }> {
    const keys: string[] = [];
    const server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request.setEncoding('utf8')) text += chunk;
      const { operationName, variables } = JSON.parse(text);
      keys.push(variables.input?.idempotencyKey ?? variables.idempotencyKey);
      const { status = 200, body } = answers(operationName, keys.length);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const child = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { Evaluations } from './back-end/evaluation.ts';
        const evaluations = new Evaluations({ url: 'http://127.0.0.1:${port}/graphql', secret: undefined, budgetMs: 20000 });
        ${script}
        await evaluations.close();`,
      ],
      { cwd: project.folder, stdio: ['ignore', 'inherit', 'pipe'] },
    );
    let told = '';
    child.stderr.setEncoding('utf8').on('data', (line) => {
      told += line;
    });
    await once(child, 'close');
    server.close();
    return { keys, told };
  }
  const decide = `await evaluations.decide('person', 'attempt', {
    eventType: 'LOGIN',
    evaluationContext: [{ clientDetails: { radarSession: 'rse_bad' } }, { customerDetails: { customer: 'cus_1' } }],
  });`;

  const report = `evaluations.report('person', { evaluation: 'ceval_1', eventType: 'LOGIN', status: 'ALLOWED', reason: 'LOW' }, () => {});`;
  const failure = (code: string, retryable = false) => ({ code, message: 'No.', retryable });
  const created = (customerEvaluation: object | null, errors: object[] = []) => ({
    body: { data: { createCustomerEvaluation: { customerEvaluation, errors } } },
  });
  const reported = (errors: object[] = []) => ({ body: { data: { reportCustomerEvaluation: { errors } } } });
  const signals = (riskLevel: string | null, score: number | null) => ({
    __typename: 'LoginSignals',
    accountSharing: { riskLevel, score },
  });
  const print = decide.replace('await', 'process.stderr.write(JSON.stringify(await').replace(/;$/, '));');

  it.each([
    [null, 95, 'BLOCKED'],
    ['UNKNOWN', 75, 'BLOCKED'],
    ['UNKNOWN', 74.9, 'RESTRICTED'],
    [null, 64.9, 'ALLOWED'],
    ['UNKNOWN', null, 'ALLOWED'],
    ['LOW', 95, 'ALLOWED'],
    // Of a gateway newer than the package.
    ['CRITICAL', 95, 'BLOCKED'],
    ['CRITICAL', null, 'ALLOWED'],
  ])(
    'the example of a back end decides on the level %s with the score %s: %s',
    async (level, score, status) => {
      const evaluation = { id: 'ceval_1', signals: signals(level, score), pendingSignals: [] };
      const { told } = await run(print, () => created(evaluation));
      expect(JSON.parse(told)).toMatchObject({ status, evaluation: 'ceval_1' });
    },
  );

  it.each(['UPSTREAM_UNSUPPORTED', 'UPSTREAM_REFUSED'])(
    'the example of a back end evaluates without client details after %s, and lets the person in if that is refused too',
    async (code) => {
      const evaluation = { id: 'ceval_1', signals: signals('HIGHEST', 90), pendingSignals: [] };
      const retried = await run(print, (_, count) =>
        count === 1 ? created(null, [failure(code)]) : created(evaluation),
      );
      expect(JSON.parse(retried.told)).toMatchObject({ status: 'BLOCKED' });
      const refused = await run(print, () => created(null, [failure(code)]));
      expect(JSON.parse(refused.told)).toMatchObject({ status: 'ALLOWED', reason: code });
    },
  );

  it('the example of a back end lets a person in while signals are pending, then reads them, tells its caller and reports the new decision', async () => {
    const pending = { id: 'ceval_1', signals: null, pendingSignals: ['ACCOUNT_SHARING'] };
    const complete = { ...pending, signals: signals('HIGHEST', 90), pendingSignals: [] };
    let reads = 0;
    const { keys, told } = await run(
      `const decision = ${decide}
      console.error(decision.status, decision.reason);
      evaluations.report('person', decision, ({ status, reason }) => console.error('late', status, reason));`,
      (operation) => {
        if (operation === 'CreateCustomerEvaluation') return created(pending);
        if (operation === 'ReportCustomerEvaluation') return reported();
        reads += 1;
        return { body: { data: { customerEvaluation: reads === 1 ? pending : complete } } };
      },
    );
    expect(told).toBe('ALLOWED PENDING\nlate BLOCKED HIGHEST\n');
    expect(keys).toEqual(['attempt', undefined, undefined, 'report of ceval_1: BLOCKED']);
  });

  it('the example of a back end asks for proof if the signals of the second evaluation are pending, and tells its caller if they are worse', async () => {
    const pending = { id: 'ceval_1', signals: null, pendingSignals: ['ACCOUNT_SHARING'] };
    const { told, keys } = await run(
      `const decision = ${decide}
      console.error(decision.status, decision.reason);
      evaluations.report('person', decision, async ({ status }) => { throw new Error('late ' + status); });`,
      (operation, count) => {
        if (operation === 'ReportCustomerEvaluation') return reported();
        if (operation === 'CustomerEvaluation')
          return { body: { data: { customerEvaluation: { ...pending, signals: signals('HIGHEST', 90) } } } };
        return count === 1 ? created(null, [failure('BAD_USER_INPUT')]) : created(pending);
      },
    );
    // What the caller does with the new decision fails, and the report is made.
    expect(told).toBe('RESTRICTED PENDING\nA decision was not carried out: BLOCKED. Error: late BLOCKED\n');
    expect(keys.at(-1)).toBe('report of ceval_1: BLOCKED');
  });

  it('the example of a back end evaluates under another key once Stripe has stored a failure under the first', async () => {
    const evaluation = { id: 'ceval_1', signals: signals('HIGHEST', 90), pendingSignals: [] };
    const { keys, told } = await run(print, (_, count) =>
      count === 1 ? created(null, [failure('UPSTREAM_UNAVAILABLE')]) : created(evaluation),
    );
    expect(keys).toEqual(['attempt', 'attempt once more']);
    expect(JSON.parse(told)).toMatchObject({ status: 'BLOCKED' });
  });

  it('the example of a back end reports under another key once Stripe has stored a failure under the first', async () => {
    const { keys, told } = await run(report, (_, count) =>
      reported(count === 1 ? [failure('UPSTREAM_UNAVAILABLE')] : []),
    );
    expect(keys).toEqual(['report of ceval_1: ALLOWED', 'report of ceval_1: ALLOWED again']);
    expect(told).toBe('');
  });

  it('the example of a back end uses the same two keys if an attempt whose details are refused is sent again', async () => {
    const { keys } = await run(decide.repeat(2), (_, count) =>
      count % 2 === 1
        ? created(null, [failure('BAD_USER_INPUT')])
        : created({ id: 'ceval_1', signals: null, pendingSignals: [] }),
    );
    expect(keys).toEqual(['attempt', 'attempt again', 'attempt', 'attempt again']);
  });

  it('the example of a back end acts on the gateway’s refusal behind an error of a router’s own', async () => {
    const router = { message: 'HTTP fetch failed', extensions: { code: 'SUBREQUEST_HTTP_ERROR' } };
    const refusal = { message: 'Wait.', extensions: { code: 'RATE_LIMITED', retryable: true } };
    const { told } = await run(print, () => ({ body: { data: null, errors: [router, refusal] } }));
    expect(JSON.parse(told)).toMatchObject({ status: 'RESTRICTED', reason: 'RATE_LIMITED' });
  });

  it('the example of a back end reports a router’s own refusal by its code, and repeats a report', async () => {
    const refused = { data: null, errors: [{ message: 'Who?', extensions: { code: 'ROUTER_REFUSED' } }] };
    expect(JSON.parse((await run(print, () => ({ body: refused }))).told)).toMatchObject({
      reason: 'ROUTER_REFUSED',
    });
    const { keys, told } = await run(report, (_, count) => (count < 3 ? { body: refused } : reported()));
    expect(keys).toEqual(Array(3).fill('report of ceval_1: ALLOWED'));
    expect(told).toBe('');
  });

  it('the example of a back end sends a report once that is refused for good, and says that it is lost', async () => {
    const refusal = { message: 'Who are you?', extensions: { code: 'UNAUTHENTICATED', retryable: false } };
    const { keys, told } = await run(report, () => ({ status: 401, body: { errors: [refusal] } }));
    expect(keys).toEqual(['report of ceval_1: ALLOWED']);
    expect(told).toBe('A report was lost: UNAUTHENTICATED. Who are you?\n');
  });

  it('the example of a back end repeats a report under its key until it is made', async () => {
    const failures = [
      {
        status: 503,
        body: {
          errors: [
            { message: 'No.', extensions: { code: 'OVERLOADED', retryable: true, retryAfterMs: 1_500 } },
          ],
        },
      },
      reported([{ ...failure('RATE_LIMITED', true), retryAfterMs: 10 }]),
    ];
    const { keys, told } = await run(report, (_, count) => failures[count - 1] ?? reported());
    expect(keys).toEqual(Array(3).fill('report of ceval_1: ALLOWED'));
    expect(told).toBe('');
  });
});

describe('the example of a back end without a gateway', () => {
  it('the example of a back end without a gateway lets the person in', async () => {
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
  });
});

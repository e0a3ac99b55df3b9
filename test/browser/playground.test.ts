import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { sandboxCases } from '../../src/sandbox/cases.ts';
import { registration } from '../harness/evaluations.ts';
import { decodeForm } from '../harness/forms.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';
import { describeUnless } from '../harness/run-unless.ts';
import { barriersOf, missingBrowser, startBrowser, type TestBrowser, type Visit } from './browser.ts';

// The machine may be busy with other tests.
const impatient = {
  // With this version, reports describe events; with later versions, outcomes.
  STRIPE_API_VERSION: '2026-03-04.preview',
  // Short timeouts, so that cases that never respond end soon.
  UPSTREAM_TIMEOUT_MS: '2000',
  UPSTREAM_DEADLINE_MS: '4200',
  UPSTREAM_MAX_ATTEMPTS: '2',
};

/** What the page shows about the newest operation. */
interface Shown {
  readonly status: string;
  /** The accessible text of the gauge; null if there is none. */
  readonly gauge: string | null;
  readonly variables: { radarSession: string; idempotencyKey: string };
  readonly calls: { request: string; reply: string }[];
  readonly answer: {
    data?: {
      createCustomerEvaluation: {
        customerEvaluation: { id: string; signals: Record<string, { score: number } | null> | null } | null;
        errors: { code: string }[];
      };
    };
  };
}

async function shownOn(page: Page): Promise<Shown> {
  await page.locator('#result[aria-busy=false]').waitFor();
  const text = (selector: string) => page.locator(`.exchange:first-child ${selector}`).textContent();
  const [requests, replies] = await Promise.all(
    ['.request', '.reply'].map((selector) =>
      page.locator(`.exchange:first-child ${selector}`).allTextContents(),
    ),
  );
  return {
    status: String(await page.getByRole('status').textContent()),
    gauge:
      (await page.getByRole('meter').count()) === 0
        ? null
        : await page.getByRole('meter').getAttribute('aria-valuetext'),
    variables: JSON.parse(String(await text('.variables'))),
    calls: (requests ?? []).map((request, index) => ({ request, reply: replies?.[index] ?? '' })),
    answer: JSON.parse(String(await text('.answer'))),
  };
}

/** The form in a displayed request, parsed by an independent parser. */
function formOf(request: string | undefined): unknown {
  const [, form = ''] = request?.split('\r\n\r\n') ?? [];
  return decodeForm(form);
}

/** The description of each case in the picker. The test checks the page against it. */
const levels: Readonly<Record<string, string>> = {
  highest: '87.5 of 100, highest risk',
  elevated: '70 of 100, elevated risk',
  normal: '42.5 of 100, normal risk',
  low: '3 of 100, low risk',
  null_level: '50 of 100, no level',
  highest_null_level: '87.5 of 100, no level',
  unknown_level: '50 of 100, an unrecognized level',
  score_101: '101 of 100, highest risk',
};

/** Checks what is shown for a case against the description of that case. */
function expectToShow(word: string, does: string, kind: string, shown: Shown): void {
  const { status, gauge, variables, calls, answer } = shown;
  expect(variables.radarSession).toBe(`rse_sandbox_${word}`);
  expect(calls.length).toBeGreaterThan(0);
  for (const { request } of calls) {
    expect(request).toContain(`[radar_session]=rse_sandbox_${word}`);
    expect(request).not.toContain('sk_test');
  }
  const { customerEvaluation: evaluation, errors = [] } = answer.data?.createCustomerEvaluation ?? {
    customerEvaluation: null,
  };
  const [code] = /[A-Z]+_[A-Z_]*[A-Z]/.exec(does.replace(/`UNKNOWN`|`NOT_ASSESSED`/g, '')) ?? [];
  if (levels[word] !== undefined) expect(gauge).toBe(levels[word]);
  if (code !== undefined) expect(errors[0]?.code).toBe(code);
  if (/signals: null|without any member/.test(does))
    expect(status).toBe(`${kind} evaluated: there is no signal.`);
  else if (/`NOT_ASSESSED`/.test(does)) expect(status).toBe(`${kind} evaluated: Stripe made no assessment.`);
  else if (evaluation !== null) expect(status).toBe(`${kind} evaluated. ${signalOf[kind]}: ${gauge}.`);
  else expect(status).toMatch(new RegExp(`^${kind} not evaluated \\(${errors[0]?.code}\\)\\. `));
}
const signalOf: Readonly<Record<string, string>> = {
  'Sign-up': 'Multi-accounting',
  'Log-in': 'Account sharing',
};

describeUnless(missingBrowser(), 'the playground, in Chromium', () => {
  let browser: TestBrowser;
  let gateway: TestGateway;
  const visits: Visit[] = [];

  beforeAll(async () => {
    [browser, gateway] = await Promise.all([startBrowser(), startTestGateway(impatient)]);
  });
  afterEach(async () => {
    for (const visit of visits.splice(0)) {
      expect(visit.complaints).toEqual([]);
      expect(visit.outside).toEqual([]);
      await visit.close();
    }
  });
  afterAll(() => Promise.all([browser.close(), gateway.close()]));

  async function open(options: BrowserContextOptions = {}, { url } = gateway): Promise<Page> {
    const visit = await browser.open(`${url}/try`, options);
    visits.push(visit);
    return visit.page;
  }

  // Successful calls in between, so that the failing cases do not open the circuit breaker.
  const goWell = async (): Promise<void> => {
    const create =
      'mutation ($input: CreateCustomerEvaluationInput!) { createCustomerEvaluation(input: $input) { idempotencyKey } }';
    await Promise.all(Array.from({ length: 12 }, () => gateway.send(create, { input: registration() })));
  };

  it('the playground offers all of the sandbox’s cases, and no others', async () => {
    const page = await open();
    const values = await page
      .locator('#case option')
      .evaluateAll((options) => options.map((option) => (option as unknown as { value: string }).value));
    expect(values).toEqual(['', ...sandboxCases.v1.map(({ word }) => word)]);
  });

  it('the playground lists its cases in three groups, each with its own text', async () => {
    const page = await open();
    const groups = await page
      .locator('#case optgroup')
      .evaluateAll((found) => found.map((group) => group.getAttribute('label')));
    expect(groups).toEqual(['Scores', 'Refusals', 'Faults']);
    const texts = await page.locator('#case option').allTextContents();
    expect(texts.filter((text, index) => texts.indexOf(text) !== index)).toEqual([]);
  });

  it('the playground starts with the case of an elevated score', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Sign up' }).click();
    expect((await shownOn(page)).gauge).toBe('70 of 100, elevated risk');
  });

  it('the playground keeps the score, the retry and the reports in view while the responses are scrolled', async () => {
    const page = await open({ viewport: { width: 1440, height: 900 } });
    await page.getByRole('button', { name: 'Sign up' }).click();
    await shownOn(page);
    await page.mouse.move(1_000, 700);
    await page.mouse.wheel(0, 900);
    // Scrolling takes effect a moment later, and the page's policy forbids waiting for a condition in the page.
    for (let waits = 0; Number(await page.evaluate('scrollY')) < 400; waits += 1) {
      expect(waits).toBeLessThan(100);
      await page.waitForTimeout(50);
    }
    for (const name of ['Sign up', 'Log in', 'Send again with the same key', 'Sign-up succeeded'])
      await page.getByRole('button', { name }).click({ trial: true });
    const { top, bottom } = await page
      .getByRole('meter')
      .evaluate((meter) => meter.getBoundingClientRect().toJSON() as { top: number; bottom: number });
    expect(top).toBeGreaterThanOrEqual(0);
    expect(bottom).toBeLessThan(450);
    // A focused element is not hidden beneath the sticky parts.
    await page.getByRole('button', { name: 'Send again with the same key' }).focus();
    await page.keyboard.press('Tab');
    expect(
      await page.evaluate(`(() => {
        const { x, y, height } = document.activeElement.getBoundingClientRect();
        return document.elementFromPoint(x + 20, y + height / 2)?.closest('summary') === document.activeElement;
      })()`),
    ).toBe(true);
  });

  it('the playground signs up, by mouse, in each of the sandbox’s cases', async () => {
    const cases = [...sandboxCases.v1];
    const work = async (): Promise<void> => {
      const page = await open();
      for (let next = cases.shift(); next !== undefined; next = cases.shift()) {
        await page.getByLabel('The sandbox’s response').selectOption(next.word);
        await page.getByRole('button', { name: 'Sign up' }).click();
        expectToShow(next.word, next.does, 'Sign-up', await shownOn(page));
        await goWell();
      }
    };
    await Promise.all([work(), work(), work()]);
  });

  it('the playground logs in, by keyboard only, in each of the sandbox’s cases', async () => {
    const cases = [...sandboxCases.v1];
    const work = async (): Promise<void> => {
      const page = await open();
      const tabTo = async (target: string, key: 'Tab' | 'Shift+Tab'): Promise<void> => {
        const focused = 'document.activeElement.id || document.activeElement.textContent';
        for (let steps = 0; (await page.evaluate(focused)) !== target; steps += 1) {
          expect(steps).toBeLessThan(20);
          await page.keyboard.press(key);
        }
      };
      await tabTo('case', 'Tab');
      await page.keyboard.press('Home');
      for (let next = cases.shift(); next !== undefined; next = cases.shift()) {
        await tabTo('case', 'Shift+Tab');
        while ((await page.locator('#case').inputValue()) !== next.word)
          await page.keyboard.press('ArrowDown');
        await tabTo('Log in', 'Tab');
        await page.keyboard.press('Enter');
        expectToShow(next.word, next.does, 'Log-in', await shownOn(page));
        await goWell();
      }
    };
    await Promise.all([work(), work(), work()]);
  });

  it('the playground keeps the key of an attempt for its retries, and generates another for another attempt', async () => {
    const page = await open();
    const shown: Shown[] = [];
    for (const name of ['Sign up', 'Send again with the same key', 'Sign up']) {
      await page.getByRole('button', { name }).click();
      shown.push(await shownOn(page));
    }
    const [first, repeat, second] = shown;
    expect(repeat?.variables).toEqual(first?.variables);
    expect(idOf(repeat)).toBe(idOf(first));
    expect(second?.variables.idempotencyKey).not.toBe(first?.variables.idempotencyKey);
    expect(idOf(second)).not.toBe(idOf(first));
  });

  it('the playground shows each attempt as it arrived, and its response', async () => {
    const page = await open();
    await page.getByLabel('The sandbox’s response').selectOption('once_reset_after');
    await page.getByLabel('Telephone').fill('+1 (555) 01&02=[3]');
    await page.getByRole('button', { name: 'Sign up' }).click();
    const { calls } = await shownOn(page);
    expect(calls.map(({ reply }) => reply)).toEqual([
      '(the sandbox processes the request, then resets the connection)',
      expect.stringMatching(/^200\n{\n {2}"id": "ceval_/),
    ]);
    expect(calls[0]?.request).toBe(calls[1]?.request);
    expect(calls[0]?.request).toMatch(/^POST \/v1\/radar\/customer_evaluations HTTP\/1\.1\r\n/);
    expect(calls[0]?.request).toContain('\r\nauthorization: Bearer •••\r\n');
    expect(calls[0]?.request).toMatch(/\[phone\]=%2B1%20%28555%29%2001%2602%3D%5B3%5D$/);
    expect(formOf(calls[0]?.request)).toEqual({
      event_type: 'registration',
      evaluation_context: [
        { type: 'client_details', client_details: { radar_session: 'rse_sandbox_once_reset_after' } },
        {
          type: 'customer_details',
          customer_details: {
            customer_data: {
              email: 'jenny.rosen@example.com',
              name: 'Jenny Rosen',
              phone: '+1 (555) 01&02=[3]',
            },
          },
        },
      ],
    });
  });

  it.each([
    ['Sign up', 'Sign-up succeeded', { type: 'registration_success' }],
    [
      'Sign up',
      'Failed, suspected multi-accounting',
      { type: 'registration_failed', registration_failed: { reason: 'suspected_multi_accounting' } },
    ],
    [
      'Sign up',
      'Failed, other reason',
      { type: 'registration_failed', registration_failed: { reason: 'other' } },
    ],
    ['Log in', 'Log-in succeeded', { type: 'login_success' }],
    [
      'Log in',
      'Failed, suspected account sharing',
      { type: 'login_failed', login_failed: { reason: 'suspected_account_sharing' } },
    ],
    ['Log in', 'Failed, other reason', { type: 'login_failed', login_failed: { reason: 'other' } }],
  ])('the playground reports how it ended: %s, %s', async (button, outcome, form) => {
    const page = await open();
    await page.getByRole('button', { name: button }).click();
    await page.getByRole('button', { name: outcome }).focus();
    await page.keyboard.press('Enter');
    const { status, calls } = await shownOn(page);
    expect(status).toBe(`Reported: ${outcome}.`);
    expect(calls.map(({ request }) => formOf(request))).toEqual([form]);
  });

  it('the playground reports decisions, if the upstream’s version takes them, and runs trusted documents only', async () => {
    const newer = await startTestGateway({
      STRIPE_API_VERSION: '2026-06-24.preview',
      TRUSTED_DOCUMENTS: 'only',
    });
    const page = await open({}, newer);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('button', { name: 'Restricted' }).click();
    const { status, calls } = await shownOn(page);
    expect(status).toBe('Reported: Restricted.');
    expect(calls.map(({ request }) => formOf(request))).toEqual([{ status: 'restricted' }]);
    await newer.close();
  });

  it('the playground says so if the gateway does not answer, and retries with the same key', async () => {
    const page = await open();
    const keys: string[] = [];
    await page.route('**/graphql', (route) => {
      keys.push(route.request().postDataJSON().variables.idempotencyKey);
      return keys.length === 1 ? route.abort() : route.continue();
    });
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('status').getByText('The gateway did not respond.').waitFor();
    await page.getByRole('button', { name: 'Send again with the same key' }).click();
    expect((await shownOn(page)).status).toMatch(/^Log-in evaluated\. Account sharing: /);
    expect(keys).toEqual([keys[0], keys[0]]);
    // The same holds for reports: pressing the button again repeats the same report.
    keys.splice(0);
    await page.getByRole('button', { name: 'Log-in succeeded' }).click();
    await page.getByRole('status').getByText('The gateway did not respond.').waitFor();
    await page.getByRole('button', { name: 'Log-in succeeded' }).click();
    expect((await shownOn(page)).status).toBe('Reported: Log-in succeeded.');
    expect(keys).toEqual([keys[0], keys[0]]);
    // The browser logs failed connections to its console.
    visits[0]?.complaints.splice(0);
  });

  it('the playground names the field that was refused', async () => {
    const page = await open();
    await page.getByLabel('The sandbox’s response').selectOption('error_400');
    await page.getByRole('button', { name: 'Sign up' }).click();
    expect((await shownOn(page)).status).toContain('Stripe refused radarSession.');
    // Whoever causes a failure must not get in by it.
    expect(await page.locator('#note').textContent()).toContain('must not let them in');
    await page.getByLabel('The sandbox’s response').selectOption('down');
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.getByText('The person is let in without a score').waitFor();
  });

  it('the playground says what it waits for, and does not shift its layout', async () => {
    const page = await open();
    const topOf = (selector: string) =>
      page.locator(selector).evaluate((part) => part.getBoundingClientRect().top);
    // Holds the mutation back until the busy page has been looked at.
    const seen = Promise.withResolvers<void>();
    await page.route('**/graphql', async (route) => {
      await seen.promise;
      await route.continue();
    });
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.locator('#result[aria-busy=true]').getByText('Log-in: asking the gateway…').waitFor();
    const whileBusy = await Promise.all(['#repeat', '#exchanges'].map(topOf));
    expect(await page.getByRole('meter').count()).toBe(0);
    expect(await barriersOf(page)).toEqual([]);
    seen.resolve();
    expect((await shownOn(page)).gauge).toMatch(/of 100/);
    const afterwards = await Promise.all(['#repeat', '#exchanges'].map(topOf));
    // Fonts differ by machine. A part that appears or disappears would shift the others by more.
    for (const [part, top] of afterwards.entries())
      expect(Math.abs(top - (whileBusy[part] ?? Number.NaN))).toBeLessThan(10);
  });

  it('the playground keeps the keyboard focus, whatever is sent', async () => {
    const page = await open();
    const focused = () => page.evaluate('document.activeElement.textContent');
    await page.getByRole('button', { name: 'Log in' }).press('Enter');
    await shownOn(page);
    for (const name of ['Send again with the same key', 'Log-in succeeded']) {
      await page.getByRole('button', { name }).press('Enter');
      await shownOn(page);
      expect(await focused()).toBe(name);
    }
  });

  it('the playground says so if callers must authenticate', async () => {
    const guarded = await startTestGateway({
      AUTH_MODE: 'router',
      ROUTER_SECRET: 'a-secret-of-a-router-that-is-long-enough',
    });
    const page = await open({}, guarded);
    await page.getByRole('button', { name: 'Sign up' }).click();
    const { status, calls } = await shownOn(page);
    expect(status).toMatch(/^Sign-up not evaluated \(UNAUTHENTICATED\)\. .*credentials/i);
    expect(calls).toEqual([]);
    expect(await page.locator('.exchange').textContent()).toContain('Nothing: no call was sent.');
    // The browser logs refused requests to its console.
    visits[0]?.complaints.splice(0);
    await guarded.close();
  });

  it.each(['light', 'dark'] as const)(
    'the playground has no accessibility violations (%s)',
    async (colorScheme) => {
      const page = await open({ colorScheme });
      expect(await barriersOf(page)).toEqual([]);
      for (const word of ['highest', 'elevated', 'low', 'null_level', 'null_signals', 'error_400']) {
        await page.getByLabel('The sandbox’s response').selectOption(word);
        await page.getByRole('button', { name: 'Sign up' }).click();
        await shownOn(page);
        expect(await barriersOf(page)).toEqual([]);
      }
    },
  );

  it('the playground fits a phone, and brings the result into its view', async () => {
    const page = await open({ viewport: { width: 360, height: 740 } });
    await page.getByRole('button', { name: 'Sign up' }).click();
    await shownOn(page);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
    expect(await page.evaluate("document.querySelector('#result').getBoundingClientRect().top")).toBeLessThan(
      100,
    );
  });
});

function idOf(shown: Shown | undefined): string | undefined {
  return shown?.answer.data?.createCustomerEvaluation.customerEvaluation?.id;
}

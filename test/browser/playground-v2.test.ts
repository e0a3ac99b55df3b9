import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { sandboxCases } from '../../src/sandbox/cases.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';
import { describeUnless } from '../harness/run-unless.ts';
import { barriersOf, missingBrowser, startBrowser, type TestBrowser, type Visit } from './browser.ts';

// The machine may be busy with other tests.
describeUnless(missingBrowser(), 'the playground on v2, in Chromium', () => {
  let browser: TestBrowser;
  let gateway: TestGateway;
  const visits: Visit[] = [];

  beforeAll(async () => {
    [browser, gateway] = await Promise.all([
      startBrowser(),
      // The gateway hardly waits for signals, so the page has to.
      startTestGateway({ STRIPE_API: 'v2', SIGNALS_WAIT_MS: '1', TRUSTED_DOCUMENTS: 'only' }),
    ]);
  });
  afterEach(async () => {
    for (const visit of visits.splice(0)) {
      expect(visit.complaints).toEqual([]);
      expect(visit.outside).toEqual([]);
      await visit.close();
    }
  });
  afterAll(() => Promise.all([browser.close(), gateway.close()]));

  async function open(): Promise<Page> {
    const visit = await browser.open(`${gateway.url}/try`);
    visits.push(visit);
    return visit.page;
  }

  async function send(page: Page, word: string, button: 'Sign up' | 'Log in'): Promise<void> {
    await page.getByLabel('The sandbox’s response').selectOption(word);
    await page.getByRole('button', { name: button }).click();
  }
  const told = (page: Page, text: RegExp) => page.getByRole('status').filter({ hasText: text }).waitFor();

  it('the playground on v2 offers the sandbox’s cases for v2', async () => {
    const page = await open();
    const values = await page
      .locator('#case option')
      .evaluateAll((options) => options.map((option) => (option as unknown as { value: string }).value));
    expect(values).toEqual(['', ...sandboxCases.v2.map(({ word }) => word)]);
  });

  it('the playground on v2 draws the gauge when the signal arrives, and no sooner', async () => {
    const page = await open();
    await send(page, 'pending_1000', 'Log in');
    await told(page, /^Log-in evaluated\. Waiting for the signal: Account sharing…$/);
    expect(await page.getByRole('meter').count()).toBe(0);
    expect(await barriersOf(page)).toEqual([]);
    await page.getByRole('meter', { name: 'Account sharing' }).waitFor();
    await told(page, /^Log-in evaluated\. Account sharing: [\d.]+ of 100, \w+ risk\.$/);
    expect(await page.getByRole('heading', { level: 3 }).allTextContents()).toEqual([
      'Account sharing',
      'Log-in: the evaluation, read again',
      'Log-in: the evaluation',
    ]);
    const newest = page.locator('.exchange:first-child');
    expect(await newest.locator('.request').allTextContents()).toEqual([
      expect.stringMatching(/^GET \/v2\/signals\/account_evaluations\/acctevl_\w+ HTTP\/1\.1\r?\n/),
    ]);
    expect(await newest.locator('.answer').textContent()).toContain('"pendingSignals": []');
    expect(await barriersOf(page)).toEqual([]);
  });

  it('the playground on v2 signs up as a customer, since v2 takes no personal data, and says so', async () => {
    const page = await open();
    await page.getByText('accepts no name, e-mail or telephone').waitFor();
    await send(page, 'complete_at_once', 'Sign up');
    await page.getByRole('meter', { name: 'Multi-accounting' }).waitFor();
    const requests = await page.locator('.request').allTextContents();
    const [, body = ''] = requests[0]?.split(/\r?\n\r?\n/) ?? [];
    expect(JSON.parse(body)).toMatchObject({
      account_details: { customer: 'cus_jenny_rosen' },
      requested_signals: ['user_multi_accounting'],
    });
    expect(requests.join()).not.toContain('@');
  });

  it('the playground on v2 shows only a level if there is no score', async () => {
    const page = await open();
    await send(page, 'no_score', 'Log in');
    await told(page, /^Log-in evaluated\. Account sharing: \w+ risk, no score\.$/);
    expect(await page.getByRole('meter').count()).toBe(0);
    expect(await page.locator('.gauge').textContent()).toContain('There is no score.');
    expect(await barriersOf(page)).toEqual([]);
  });

  it('the playground on v2 takes a report while the signal is pending, and keeps what was reported when it arrives', async () => {
    const page = await open();
    // Holds the reads back until the report is done.
    const reported = Promise.withResolvers<void>();
    await page.route('**/graphql', async (route) => {
      if (route.request().postDataJSON().query.includes('query CustomerEvaluation')) await reported.promise;
      await route.continue();
    });
    await send(page, 'pending_1000', 'Log in');
    await told(page, /Waiting for the signal/);
    await page.getByRole('button', { name: 'Restricted' }).click();
    await told(page, /^Reported: Restricted\.$/);
    reported.resolve();
    await page.getByRole('meter', { name: 'Account sharing' }).waitFor();
    expect(await page.getByRole('button', { name: 'Restricted' }).getAttribute('data-state')).toBe(
      'reported',
    );
  });

  it('the playground on v2 ends a wait when another attempt starts, and retries with the same key', async () => {
    const page = await open();
    await page.clock.install();
    await send(page, 'pending_forever', 'Log in');
    await told(page, /Waiting for the signal: Account sharing/);
    await page.getByRole('button', { name: 'Send again with the same key' }).click();
    await told(page, /Waiting for the signal: Account sharing/);
    await send(page, 'complete_at_once', 'Sign up');
    await page.getByRole('meter', { name: 'Multi-accounting' }).waitFor();
    const operations: string[] = [];
    page.on('request', (request) => operations.push(request.url()));
    await page.clock.runFor(120_000);
    expect(operations).toEqual([]);
  });

  it('the playground on v2 gives up a wait after a minute, and says so', async () => {
    const page = await open();
    await page.clock.install();
    await send(page, 'pending_forever', 'Log in');
    await told(page, /Waiting for the signal: Account sharing/);
    const isOver = page.getByRole('status').getByText('has not arrived within a minute');
    // Between two pauses the page reads, which takes real time.
    for (let pauses = 0; (await isOver.count()) === 0; pauses += 1) {
      expect(pauses).toBeLessThan(1000);
      await page.clock.runFor(2000);
    }
    expect(await page.locator('.gauge').textContent()).toContain('No score');
    expect(await page.getByRole('button', { name: 'Allowed' }).isVisible()).toBe(true);
  });
});

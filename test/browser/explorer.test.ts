import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import type { BrowserContextOptions, Page } from 'playwright-core';
import {
  barriersOf,
  missingBrowser,
  startBrowser,
  type TestBrowser,
  type Visit,
} from '../harness/browser.ts';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { describeUnless } from '../harness/run-unless.ts';

// A machine may be busy with the other tests.
jest.setTimeout(90_000);
const newest = '2026-06-24.preview';
const shipped = readdirSync('schema/operations').map((file) =>
  readFileSync(`schema/operations/${file}`, 'utf8'),
);
const nameIn = (text: string): string => /^(?:query|mutation) (\w+)/m.exec(text)?.[1] ?? '';

// GraphiQL makes the whole of a tab a tab, its button and its cross included.
const graphiqlsOwn = [{ rule: 'nested-interactive', selector: 'li.graphiql-tab' }];

interface Ran {
  readonly query: string;
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly answer: { data?: Record<string, { errors?: unknown[] } | null>; errors?: unknown[] };
}

/** Runs the operation of the tab that is open, and tells what went out and came back. */
async function run(page: Page): Promise<Ran> {
  const [response] = await Promise.all([
    // The page may still be asking for the schema.
    page.waitForResponse(
      (each) => each.url().endsWith('/graphql') && !each.request().postData()?.includes('IntrospectionQuery'),
    ),
    page.getByRole('button', { name: /execute query/i }).click(),
  ]);
  const { query } = response.request().postDataJSON() as { query: string };
  return {
    query,
    status: response.status(),
    headers: await response.request().allHeaders(),
    answer: (await response.json()) as Ran['answer'],
  };
}

/** Replaces all that is written in an editor by pasting: as it is typed, an editor closes brackets by itself. */
async function write(page: Page, editor: string, text: string): Promise<void> {
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
  await page.locator(`${editor} .view-lines`).click();
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Control+V');
}

describeUnless(missingBrowser(), 'the explorer, in Chromium', () => {
  let browser: TestBrowser;
  let visit: Visit;
  const gateways: TestGateway[] = [];

  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterEach(async () => {
    await visit.close();
    for (const gateway of gateways.splice(0)) await gateway.close();
  });
  afterAll(() => browser.close());

  async function open(
    environment: Record<string, string> = {},
    path = '/',
    options: BrowserContextOptions = {},
  ): Promise<Page> {
    const gateway = await startTestGateway({ STRIPE_API_VERSION: newest, ...environment });
    gateways.push(gateway);
    visit = await browser.open(`${gateway.url}${path}`, options);
    await visit.page.locator('.graphiql-query-editor .mtk1').first().waitFor();
    return visit.page;
  }

  it.each([
    { version: newest, documents: 'off', path: '/', without: [] },
    // A version that gives no evaluation back, and a gateway that runs nothing but what it ships.
    { version: '2026-03-04.preview', documents: 'only', path: '/graphql', without: ['CustomerEvaluation'] },
  ])(
    'runs each shipped operation as it is filled in ($version, trusted documents $documents)',
    async (each) => {
      const page = await open(
        { STRIPE_API_VERSION: each.version, TRUSTED_DOCUMENTS: each.documents },
        each.path,
      );
      const texts = shipped.filter((text) => !each.without.includes(nameIn(text)));
      expect(await page.getByRole('tab').count()).toBe(texts.length);
      for (const text of texts) {
        const name = nameIn(text);
        await page.getByRole('tab', { name, exact: true }).click();
        const { query, answer } = await run(page);
        expect(query).toBe(text);
        const [[field, payload] = []] = Object.entries(answer.data ?? {});
        expect({ name, payload, errors: answer.errors }).toEqual({
          name,
          payload: expect.objectContaining(
            field === 'customerEvaluation' ? { id: 'ceval_example' } : { errors: [] },
          ),
          errors: undefined,
        });
        await page.locator('.result-window', { hasText: 'ceval_' }).waitFor();
      }
    },
  );

  it('loads everything from the gateway, within its policy, and thinks in workers', async () => {
    const page = await open();
    await page.locator('.graphiql-doc-explorer-content', { hasText: 'Mutation' }).waitFor();
    await page.getByRole('button', { name: 'New tab' }).click();
    await write(page, '.graphiql-query-editor', '{ customerEvaluation(id: 1) { nonsense } }');
    // The worker's word: it knows the schema.
    await page.locator('.graphiql-query-editor .squiggly-error').first().waitFor();
    await page.getByRole('button', { name: /prettify/i }).click();
    await page.locator('.graphiql-query-editor .view-line').nth(3).waitFor();
    expect(visit.complaints).toEqual([]);
    expect(visit.outside).toEqual([]);
  });

  it('marks two fields of a union input before anything is sent', async () => {
    const page = await open();
    await page.locator('.graphiql-doc-explorer-content', { hasText: 'Mutation' }).waitFor();
    await page.getByRole('button', { name: 'New tab' }).click();
    const input = 'input: { id: "1", report: { loginSucceeded: OCCURRED, outcome: { status: ALLOWED } } }';
    await write(
      page,
      '.graphiql-query-editor',
      `mutation { reportCustomerEvaluation(${input}) { idempotencyKey } }`,
    );
    await page.locator('.graphiql-query-editor .squiggly-error').first().waitFor();
  });

  it('sends the headers that are written, and keeps them nowhere', async () => {
    const secret = 'a-secret-of-a-router-that-is-long-enough';
    const page = await open({ AUTH_MODE: 'router', ROUTER_SECRET: secret });
    expect((await run(page)).status).toBe(401);
    await page.getByRole('button', { name: 'Headers', exact: true }).click();
    await write(
      page,
      '.graphiql-editor-tool .graphiql-editor:not(.hidden)',
      `{ "x-router-secret": "${secret}" }`,
    );
    const { status, headers } = await run(page);
    expect(status).toBe(200);
    expect(headers['x-router-secret']).toBe(secret);
    // With them, the documentation can be had as well.
    await page.getByRole('button', { name: /re-fetch/i }).click();
    await page.locator('.graphiql-doc-explorer-content', { hasText: 'Mutation' }).waitFor();
    expect(String(await page.evaluate('JSON.stringify(localStorage)')).includes(secret)).toBe(false);
  });

  it('comes back with what was left in it', async () => {
    const page = await open();
    await page.getByRole('tab', { name: 'EvaluateLogin' }).click();
    // It is kept half a second later.
    await page.waitForTimeout(1_500);
    await page.reload();
    await page.locator('.graphiql-query-editor .mtk1').first().waitFor();
    expect(await page.getByRole('tab').count()).toBe(shipped.length);
    expect((await run(page)).answer.data).toMatchObject({ createCustomerEvaluation: { errors: [] } });
  });

  it.each(['light', 'dark'] as const)('bars nobody (%s)', async (colorScheme) => {
    const page = await open({}, '/', { colorScheme });
    await page.locator('.graphiql-doc-explorer-content', { hasText: 'Mutation' }).waitFor();
    await run(page);
    await page.locator('.result-window', { hasText: 'ceval_' }).waitFor();
    expect(await barriersOf(page, graphiqlsOwn)).toEqual([]);
  });

  it.each([
    { mode: 'Test mode', key: 'sk_test_1', colorScheme: 'light' },
    { mode: 'Test mode', key: 'sk_test_1', colorScheme: 'dark' },
    { mode: 'Live mode', key: 'rk_live_1', colorScheme: 'light' },
    { mode: 'Live mode', key: 'rk_live_1', colorScheme: 'dark' },
  ] as const)(
    'bars nobody, and says so, in front of Stripe ($mode, $colorScheme)',
    async ({ mode, key, colorScheme }) => {
      // Nothing is run here, so nothing is asked of anybody.
      const page = await open({ ...upstreamAt('http://127.0.0.1:9'), STRIPE_SECRET_KEY: key }, '/', {
        colorScheme,
      });
      await page.locator('.graphiql-doc-explorer-content', { hasText: 'Mutation' }).waitFor();
      await page.getByRole('banner').getByText(mode).waitFor();
      expect(await barriersOf(page, graphiqlsOwn)).toEqual([]);
    },
  );

  it('fits a phone', async () => {
    const page = await open({}, '/', { viewport: { width: 360, height: 740 } });
    expect((await run(page)).status).toBe(200);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
  });
});

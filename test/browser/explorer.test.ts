import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { BrowserContextOptions, Page, Request } from 'playwright-core';
import { upstreamAt } from '../harness/gateway.ts';
import { describeUnless } from '../harness/run-unless.ts';
import { sharedGateways } from '../harness/shared-gateways.ts';
import { barriersOf, missingBrowser, startBrowser, type TestBrowser, type Visit } from './browser.ts';

// The machine may be busy with other tests.
const newest = '2026-06-24.preview';
const shipped = readdirSync('schema/operations').map((file) =>
  readFileSync(`schema/operations/${file}`, 'utf8'),
);
const nameIn = (text: string): string => /^(?:query|mutation) (\w+)/m.exec(text)?.[1] ?? '';

// GraphiQL puts buttons inside an element with the role of a tab.
const graphiqlsOwn = [{ rule: 'nested-interactive', selector: 'li.graphiql-tab' }];

interface Ran {
  readonly query: string;
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly answer: { data?: Record<string, { errors?: unknown[] } | null>; errors?: unknown[] };
}

/** Runs the operation of the open tab, and returns the request and the response. */
async function run(page: Page): Promise<Ran> {
  const [response] = await Promise.all([
    // The page may still be fetching the schema.
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

/** Opens the documentation, and waits until it shows the schema. */
async function openDocumentation(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await page.locator('.graphiql-doc-explorer-content', { hasText: 'Mutation' }).waitFor();
}

/** The lines that an editor cuts off because they are too long. */
const cutLines = (page: Page, editor: string): Promise<string[]> =>
  page.locator(`${editor} .view-line`).evaluateAll((lines) =>
    lines.flatMap((line) => {
      const edge = line.closest('.monaco-scrollable-element')?.getBoundingClientRect().right ?? 0;
      const end = line.firstElementChild?.getBoundingClientRect().right ?? 0;
      return end > edge ? [String(line.textContent)] : [];
    }),
  );

/** Replaces the content of an editor by pasting, because the editor closes brackets while one types. */
async function write(page: Page, editor: string, text: string): Promise<void> {
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
  await page.locator(`${editor} .view-lines`).click();
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Control+V');
}

describeUnless(missingBrowser(), 'the explorer, in Chromium', () => {
  let browser: TestBrowser;
  let visit: Visit;
  const gatewayWith = sharedGateways();

  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterEach(async () => {
    await visit.close();
  });
  afterAll(() => browser.close());

  async function open(
    environment: Record<string, string> = {},
    path = '/',
    options: BrowserContextOptions = {},
  ): Promise<Page> {
    const gateway = await gatewayWith({ STRIPE_API_VERSION: newest, ...environment });
    visit = await browser.open(`${gateway.url}${path}`, options);
    await visit.page.locator('.graphiql-query-editor .mtk1').first().waitFor();
    return visit.page;
  }

  it.each([
    { api: 'v1', version: newest, documents: 'off', path: '/', without: [] },
    // A version that cannot retrieve evaluations, and a gateway that runs only the shipped documents.
    {
      api: 'v1',
      version: '2026-03-04.preview',
      documents: 'only',
      path: '/graphql',
      without: ['CustomerEvaluation'],
    },
    // v2 takes no personal data.
    {
      api: 'v2',
      version: '2026-09-30.preview',
      documents: 'only',
      path: '/',
      without: ['EvaluateRegistration'],
    },
  ])(
    'the explorer runs each shipped operation as it is filled in ($api, $version, trusted documents $documents)',
    async (each) => {
      const page = await open(
        { STRIPE_API: each.api, STRIPE_API_VERSION: each.version, TRUSTED_DOCUMENTS: each.documents },
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
        await page.locator('.result-window', { hasText: /(ceval|acctevl)_/ }).waitFor();
      }
    },
  );

  it('the explorer loads everything from the gateway, within its policy, and uses workers', async () => {
    const page = await open();
    await openDocumentation(page);
    await page.getByRole('button', { name: 'New tab' }).click();
    await write(page, '.graphiql-query-editor', '{ customerEvaluation(id: 1) { nonsense } }');
    // The editor's worker underlines errors once it has the schema.
    await page.locator('.graphiql-query-editor .squiggly-error').first().waitFor();
    await page.getByRole('button', { name: /prettify/i }).click();
    await page.locator('.graphiql-query-editor .view-line').nth(3).waitFor();
    expect(visit.complaints).toEqual([]);
    expect(visit.outside).toEqual([]);
  });

  it('the explorer documents the clients’ schema, without the fields for routers', async () => {
    const page = await open();
    await openDocumentation(page);
    const documentation = page.locator('.graphiql-doc-explorer-content');
    const types = (await documentation.allInnerTexts()).join('\n');
    expect(types).toMatch(/\bCustomerEvaluation\b/);
    expect(types).not.toMatch(/(^|\s)_(Any|Entity|Service)\b/);
    await documentation.getByRole('link', { name: 'Query', exact: true }).click();
    await documentation.getByText('customerEvaluation', { exact: true }).first().waitFor();
    expect((await documentation.allInnerTexts()).join('\n')).not.toMatch(/_entities|_service/);
  });

  it('the explorer marks two fields of a union input before anything is sent', async () => {
    const page = await open();
    await openDocumentation(page);
    await page.getByRole('button', { name: 'New tab' }).click();
    const input = 'input: { id: "1", report: { loginSucceeded: OCCURRED, outcome: { status: ALLOWED } } }';
    await write(
      page,
      '.graphiql-query-editor',
      `mutation { reportCustomerEvaluation(${input}) { idempotencyKey } }`,
    );
    await page.locator('.graphiql-query-editor .squiggly-error').first().waitFor();
  });

  it('the explorer sends the headers that the user writes, and never stores them', async () => {
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
    // With these headers, the schema can be fetched as well.
    await page.getByRole('button', { name: /re-fetch/i }).click();
    await openDocumentation(page);
    expect(String(await page.evaluate('JSON.stringify(localStorage)')).includes(secret)).toBe(false);
  });

  it('the explorer evaluates once if run twice, and shows no response in another tab', async () => {
    const page = await open();
    const requests: Request[] = [];
    const responses: (() => void)[] = [];
    await page.route('**/graphql', async (route) => {
      if (!route.request().postData()?.includes('IntrospectionQuery')) {
        requests.push(route.request());
        await new Promise<void>((resolve) => responses.push(resolve));
      }
      await route.continue();
    });
    const respondToAll = async (): Promise<void> => {
      for (const respond of responses) respond();
      for (const request of requests) await (await request.response())?.finished();
      // The page shows a response in a later task.
      await page.waitForTimeout(300);
    };
    await page.getByRole('tab', { name: 'EvaluateLogin', exact: true }).click();
    await page.locator('.graphiql-query-editor .view-lines').click();
    await page.keyboard.press('Control+Enter');
    while (responses.length === 0) await page.waitForTimeout(50);
    await page.keyboard.press('Control+Enter');
    await page.getByRole('button', { name: /execute query/i }).waitFor();
    expect(responses).toHaveLength(1);

    await page.keyboard.press('Control+Enter');
    while (responses.length === 1) await page.waitForTimeout(50);
    await page.getByRole('tab', { name: 'CreateCustomerEvaluation', exact: true }).click();
    await respondToAll();
    expect(await page.locator('.result-window').textContent()).not.toMatch(/ceval_/);

    await page.getByRole('tab', { name: 'EvaluateLogin', exact: true }).click();
    await page.getByRole('button', { name: /execute query/i }).click();
    while (responses.length === 2) await page.waitForTimeout(50);
    await page.getByRole('button', { name: 'New tab' }).click();
    await respondToAll();
    expect(await page.locator('.result-window').textContent()).not.toMatch(/ceval_/);
  });

  it('the explorer restores its tabs after a reload', async () => {
    const page = await open();
    await page.getByRole('tab', { name: 'EvaluateLogin' }).click();
    // GraphiQL saves the state half a second later.
    await page.waitForTimeout(1_500);
    await page.reload();
    await page.locator('.graphiql-query-editor .mtk1').first().waitFor();
    expect(await page.getByRole('tab').count()).toBe(shipped.length);
    expect((await run(page)).answer.data).toMatchObject({ createCustomerEvaluation: { errors: [] } });
  });

  it.each(['light', 'dark'] as const)(
    'the explorer has no accessibility violations (%s)',
    async (colorScheme) => {
      const page = await open({}, '/', { colorScheme });
      await openDocumentation(page);
      await run(page);
      await page.locator('.result-window', { hasText: /(ceval|acctevl)_/ }).waitFor();
      expect(await barriersOf(page, graphiqlsOwn)).toEqual([]);
    },
  );

  it.each([
    { mode: 'Test mode', key: 'sk_test_1', colorScheme: 'light' },
    { mode: 'Test mode', key: 'sk_test_1', colorScheme: 'dark' },
    { mode: 'Live mode', key: 'rk_live_1', colorScheme: 'light' },
    { mode: 'Live mode', key: 'rk_live_1', colorScheme: 'dark' },
  ] as const)(
    'the explorer has no accessibility violations, and names its mode, in front of Stripe ($mode, $colorScheme)',
    async ({ mode, key, colorScheme }) => {
      // This test runs no operation, so it needs no upstream.
      const page = await open({ ...upstreamAt('http://127.0.0.1:9'), STRIPE_SECRET_KEY: key }, '/', {
        colorScheme,
      });
      await openDocumentation(page);
      await page.getByRole('banner').getByText(mode).waitFor();
      expect(await barriersOf(page, graphiqlsOwn)).toEqual([]);
    },
  );

  it('the explorer opens without the documentation, and shows how to run an operation until there is a response', async () => {
    const page = await open({}, '/', { viewport: { width: 1440, height: 900 } });
    expect(await page.locator('.graphiql-doc-explorer-content').count()).toBe(0);
    expect(await cutLines(page, '.graphiql-query-editor')).toEqual([]);
    const help = page.getByRole('region', { name: 'How to run an operation' });
    await help.getByText('Execute query').waitFor();
    expect(await barriersOf(page, graphiqlsOwn)).toEqual([]);
    await page.locator('.graphiql-query-editor .view-lines').click();
    await page.keyboard.press('Control+Enter');
    await page.locator('.result-window', { hasText: /(ceval|acctevl)_/ }).waitFor();
    expect(await help.isVisible()).toBe(false);
    // The other tab has no response yet.
    await page.getByRole('tab', { name: 'EvaluateLogin' }).click();
    await help.waitFor();
  });

  it('the explorer does not say that the ids in front of Stripe are ready to run', async () => {
    const page = await open({ ...upstreamAt('http://127.0.0.1:9'), STRIPE_SECRET_KEY: 'sk_test_1' });
    const help = page.getByRole('region', { name: 'How to run an operation' });
    expect(await help.textContent()).toContain('First fill in the ids');
    expect(await help.textContent()).not.toContain('rse_sandbox');
  });

  it('the explorer cuts neither the operation nor its variables on a phone, and shows the documentation in full width', async () => {
    const page = await open({}, '/', { viewport: { width: 390, height: 844 } });
    expect(await cutLines(page, '.graphiql-query-editor')).toEqual([]);
    expect(await cutLines(page, '.graphiql-editor-tool .graphiql-editor:not(.hidden)')).toEqual([]);
    await openDocumentation(page);
    const width = await page
      .locator('.graphiql-doc-explorer')
      .evaluate((panel) => panel.getBoundingClientRect().width);
    expect(width).toBeGreaterThan(320);
  });

  it('the explorer fits a phone', async () => {
    const page = await open({}, '/', { viewport: { width: 360, height: 740 } });
    expect((await run(page)).status).toBe(200);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
  });
});

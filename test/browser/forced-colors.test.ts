import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';
import { describeUnless } from '../harness/run-unless.ts';
import { missingBrowser, startBrowser, type TestBrowser, type Visit } from './browser.ts';

// The contrast themes of Windows: a few system colors replace those of the page.
describeUnless(missingBrowser(), 'In a contrast theme', () => {
  let browser: TestBrowser;
  let gateway: TestGateway;
  let visit: Visit;

  beforeAll(async () => {
    [browser, gateway] = await Promise.all([startBrowser(), startTestGateway()]);
  });
  afterEach(() => visit.close());
  afterAll(async () => {
    await browser.close();
    await gateway.close();
  });

  const open = async (path: string, colorScheme: 'dark' | 'light') => {
    visit = await browser.open(`${gateway.url}${path}`, { forcedColors: 'active', colorScheme });
    return visit.page;
  };
  const styles = (selector: string, property: string): Promise<string[]> =>
    visit.page
      .locator(selector)
      .evaluateAll(
        (elements, name) => elements.map((each) => getComputedStyle(each).getPropertyValue(name)),
        property,
      );

  it.each(['dark', 'light'] as const)('the explorer shows which tab is open (%s)', async (scheme) => {
    const page = await open('/', scheme);
    await page.locator('.graphiql-query-editor .mtk1').first().waitFor();
    for (const group of ['.graphiql-tab', '.graphiql-editor-tools > button:not([aria-label])']) {
      const widths = await styles(group, 'outline-width');
      expect(widths.length).toBeGreaterThan(1);
      expect((await styles(group, 'outline-style')).filter((style) => style === 'solid')).toHaveLength(1);
    }
    const [text] = await styles('body', 'color');
    for (const colour of await styles('.graphiql-toolbar-icon', 'color')) expect(colour).toBe(text);
    expect(await styles('.graphiql-execute-button > svg > path', 'fill')).toEqual([text]);
  });

  it.each(['dark', 'light'] as const)(
    'the playground shows which band a score is in, even in forced colors (%s)',
    async (scheme) => {
      const page = await open('/try', scheme);
      await page.getByRole('button', { name: 'Sign up' }).click();
      await page.getByRole('meter').waitFor();
      const [text] = await styles('body', 'color');
      for (const stroke of await styles('.band', 'stroke')) expect(stroke).toBe(text);
      const widths = await styles('.band', 'stroke-width');
      const [shining] = await styles('.band.shines', 'stroke-width');
      expect(widths).toHaveLength(3);
      expect(widths.filter((width) => width === shining)).toHaveLength(1);
      expect(
        await page.locator('.level').evaluate((each) => getComputedStyle(each, '::before').display),
      ).toBe('none');
    },
  );
});

/*
 * `npm run pictures`: takes pictures of the pages for the documentation and for review. Run by hand, because fonts
 * differ by machine.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { spawnGateway } from '../harness/gateway.ts';
import { startBrowser } from './browser.ts';

const folder = 'docs/pictures';
const desk = { width: 1280, height: 900 };
const phone = { width: 390, height: 844 };

const looks: Readonly<Record<string, BrowserContextOptions>> = {
  light: { viewport: desk, colorScheme: 'light' },
  dark: { viewport: desk, colorScheme: 'dark' },
  phone: { viewport: phone, colorScheme: 'light' },
};

/** Each page, and what is done on it before the picture is taken. */
const pages: Readonly<Record<string, { path: string; act: (page: Page) => Promise<unknown> }>> = {
  explorer: {
    path: '/',
    act: async (page) => {
      await page.locator('.graphiql-query-editor .mtk1').first().waitFor();
      await page.getByRole('button', { name: /execute query/i }).click();
      await page.locator('.result-window', { hasText: 'ceval_' }).waitFor();
      await page.mouse.move(0, 0);
      // The editor highlights its content a little later.
      await page.waitForTimeout(1_000);
    },
  },
  playground: {
    path: '/try',
    act: async (page) => {
      await page.getByLabel('The sandbox’s response').selectOption('elevated');
      await page.getByRole('button', { name: 'Sign up' }).click();
      await page.locator('#result[aria-busy=false]').waitFor();
    },
  },
};

const gateway = await spawnGateway({});
const browser = await startBrowser();
mkdirSync(folder, { recursive: true });
for (const [name, { path, act }] of Object.entries(pages)) {
  for (const [look, options] of Object.entries(looks)) {
    const { page, close } = await browser.open(`${gateway.url}${path}`, {
      ...options,
      reducedMotion: 'reduce',
    });
    await act(page);
    const session = await page.context().newCDPSession(page);
    const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 80 });
    writeFileSync(`${folder}/${name}-${look}.webp`, Buffer.from(data, 'base64'));
    await close();
  }
}
await browser.close();
gateway.child.kill();

import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { reasonWithout } from '../harness/missing-program.ts';

// The headless shell first: it takes half the CPU time of a whole Chromium.
const executablePath = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find(existsSync);

/** Why browser tests can't run on this machine; undefined if they can. With CI=true they must. */
export function missingBrowser(): string | undefined {
  return reasonWithout('chromium-headless-shell', executablePath !== undefined);
}

export interface TestBrowser {
  /** Opens a page in its own context. */
  open(url: string, options?: BrowserContextOptions): Promise<Visit>;
  close(): Promise<void>;
}

export interface Visit {
  readonly page: Page;
  /** What the browser complains about: errors, warnings and violations of the page's policy. */
  readonly complaints: string[];
  /** The other hosts that any page requested. */
  readonly outside: string[];
  close(): Promise<void>;
}

/**
 * A real Chromium. Its requests to other hosts go to a proxy that records and refuses them. `names` resolve to this
 * machine.
 */
export async function startBrowser(names: readonly string[] = []): Promise<TestBrowser> {
  const outside: string[] = [];
  const proxy = createServer((request, response) => {
    outside.push(String(request.url));
    response.writeHead(502).end();
  });
  proxy.on('connect', (request, socket) => {
    // Chromium sends requests of its own to autofill, which no page caused.
    if (request.url !== 'content-autofill.googleapis.com:443') outside.push(String(request.url));
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  const browser: Browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    // Chromium's sandbox does not run as root.
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ...names.map((name) => `--host-resolver-rules=MAP ${name} 127.0.0.1`),
    ],
  });
  return {
    async open(url, options) {
      const context = await browser.newContext({
        ...options,
        permissions: ['clipboard-read', 'clipboard-write'],
        proxy: { server: `http://127.0.0.1:${port}`, bypass: ['127.0.0.1', ...names].join() },
      });
      context.setDefaultTimeout(60_000);
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
      });
      await page.goto(url);
      return { page, complaints, outside, close: () => context.close() };
    },
    async close() {
      await browser.close();
      proxy.close();
    },
  };
}

/** A known violation in third-party markup: the rule, and the elements that may break it. */
export interface ForeignFault {
  readonly rule: string;
  readonly selector: string;
}

/** The accessibility violations that axe-core finds in a page. */
export async function barriersOf(page: Page, foreign: readonly ForeignFault[] = []): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(`(async () => {
    const foreign = ${JSON.stringify(foreign)};
    const isForeign = (rule, target) => foreign.some((fault) =>
      fault.rule === rule && document.querySelector(target)?.matches(fault.selector));
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) => nodes
      .filter(({ target }) => !isForeign(id, target[0]))
      .map(({ target, failureSummary }) => [id, target, failureSummary].join(' ')));
  })()`);
}

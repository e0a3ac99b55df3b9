/*
 * `npm run pictures:dashboard`: draws the dashboard after three minutes of what an operator may see, from what a real
 * Prometheus returns to its queries, because Grafana cannot be installed everywhere. `-- --raw file.json` keeps the
 * results; `-- --from file.json` draws them again.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startBrowser } from '../browser/browser.ts';
import { readPanels } from './dashboard.ts';
import { type Drawing, drawDashboard, firstSectionOf } from './dashboard-drawing.ts';
import { runDashboardScene } from './dashboard-scene.ts';

const { values } = parseArgs({ options: { raw: { type: 'string' }, from: { type: 'string' } } });
const panels = readPanels();
const drawing =
  values.from === undefined
    ? await runDashboardScene(panels)
    : redrawn(JSON.parse(readFileSync(values.from, 'utf8')) as Drawing);
if (values.raw !== undefined) writeFileSync(values.raw, JSON.stringify(drawing));
await takePictures(drawing);

// The dashboard may have changed since: the results are drawn with the dashboard as it is now.
function redrawn(kept: Drawing): Drawing {
  const byTitle = new Map(kept.panels.map(({ panel, series }) => [panel.title, series]));
  return { ...kept, panels: panels.map((panel) => ({ panel, series: byTitle.get(panel.title) ?? [] })) };
}

async function takePictures(drawing: Drawing): Promise<void> {
  const browser = await startBrowser();
  const { page, close } = await browser.open(
    `data:text/html;charset=utf-8,${encodeURIComponent(drawDashboard(drawing))}`,
    { viewport: firstSectionOf(panels), deviceScaleFactor: 1.5 },
  );
  const session = await page.context().newCDPSession(page);
  const take = async (name: string, captureBeyondViewport: boolean): Promise<void> => {
    const { data } = await session.send('Page.captureScreenshot', {
      format: 'webp',
      quality: 80,
      captureBeyondViewport,
    });
    writeFileSync(`docs/pictures/${name}.webp`, Buffer.from(data, 'base64'));
  };
  await take('dashboard-first-look', false);
  const height = await page.evaluate<number>('document.body.scrollHeight');
  await page.setViewportSize({ ...firstSectionOf(panels), height });
  await take('dashboard', false);
  await close();
  await browser.close();
}

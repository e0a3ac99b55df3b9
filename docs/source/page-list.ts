import { readdirSync, readFileSync } from 'node:fs';
import { table } from './table.ts';

// In the order in which a newcomer needs them; other pages follow by name.
const order = [
  'frontend',
  'back-end',
  'supergraph',
  'stripe-apis',
  'platforms',
  'production',
  'deployment',
  'capacity',
  'telemetry',
  'on-call',
  'security',
  'failures',
  'sandbox',
  'develop',
  'reference/graph',
  'reference/settings',
  'reference/errors',
  'CHANGELOG',
].map((name) => `docs/${name}.md`);

/** The README and every page under docs/, by path. */
export function pagePaths(): string[] {
  const found = readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
    .sort();
  return [
    'README.md',
    ...order.filter((path) => found.includes(path)),
    ...found.filter((path) => !order.includes(path)),
  ];
}

/** Each page under docs/ by its title and its first sentence. */
export function pageTable(): string {
  const pages = pagePaths().filter((path) => path !== 'README.md');
  return table(
    ['page', ''],
    pages.map((path) => {
      const [heading = '', opening = ''] = readFileSync(path, 'utf8').split(/\n{2,}/);
      return [`[${heading.replace(/^# /, '')}](${path})`, firstSentence(opening)];
    }),
  );
}

// Links in a page start from its own folder.
function firstSentence(text: string): string {
  const plain = text.replaceAll('\n', ' ').replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1');
  return /^.*?\.(?= |$)/.exec(plain)?.[0] ?? plain;
}

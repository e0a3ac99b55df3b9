import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isExecutableDefinitionNode, parse, validate } from 'graphql';
import { parseAllDocuments } from 'yaml';
import { pagePaths } from '../../docs/source/page-list.ts';
import { generatedPages } from '../../docs/source/pages.ts';
import { describeSettings, settings } from '../../src/settings.ts';
import { readCommand } from '../../src/start-up/command-line.ts';
import { buildSubgraph } from '../../src/subgraph/subgraph-schema.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';

const run = promisify(execFile);
const pages = pagePaths().map((page) => ({ page, text: readFileSync(page, 'utf8') }));

interface Block {
  readonly page: string;
  readonly language: string;
  readonly text: string;
  /** The block that follows it at once. */
  readonly next: string | undefined;
}

const blocks: Block[] = pages.flatMap(({ page, text }) => {
  const found = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)];
  return found.map(([, language = '', body = ''], index) => ({
    page,
    language,
    text: body,
    next: found[index + 1]?.[2],
  }));
});
const blocksOf = (language: string): Block[] => blocks.filter((block) => block.language === language);

/** What stands between backticks outside of blocks. */
const quoted = pages.flatMap(({ page, text }) =>
  [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, words = '']) => ({
    page,
    words,
  })),
);

/** Each command in a page, after the settings before it. */
const commands = blocksOf('sh').flatMap(({ page, text, next }) =>
  text
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '')
    .flatMap((line) => (line.startsWith('curl ') ? [line] : line.split(' && ')))
    .map((line) => {
      const assigned = /^(?:[A-Z_]+=\S* )*/.exec(line)?.[0] ?? '';
      const command = line.slice(assigned.length);
      return {
        page,
        command,
        words: command.split(/\s+/),
        variables: assigned.trim().split(' ').filter(Boolean),
        next,
      };
    }),
);

describe('the pages', () => {
  it('are as the code makes them (`npm run docs` writes them)', () => {
    for (const [page, made] of generatedPages()) {
      expect({ page, text: readFileSync(page, 'utf8') }).toEqual({ page, text: made });
    }
  });

  it('show no example in TypeScript that is not one of the files that are run', () => {
    const shown = blocksOf('ts').map(({ text }) => text.trim());
    const files = readdirSync('docs/examples').map((file) =>
      readFileSync(`docs/examples/${file}`, 'utf8').trim(),
    );
    expect(shown.sort()).toEqual(files.sort());
  });

  it('link to nothing that is not there, anchors included', () => {
    const broken = pages.flatMap(({ page, text }) =>
      [...text.matchAll(/\]\((?!https?:)([^)]+)\)/g)]
        .map(([, link = '']) => link)
        .filter((link) => !leadsSomewhere(page, link))
        .map((link) => `${page}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  it('tell in the changelog of the version that this is', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(readFileSync('docs/CHANGELOG.md', 'utf8')).toMatch(
      new RegExp(`^## \\[${version}\\] - \\d{4}-\\d{2}-\\d{2}$`, 'm'),
    );
  });

  it('are all reached from the README', () => {
    const [readme] = pages;
    for (const { page } of pages.slice(1)) expect(readme?.text).toContain(`](${page})`);
  });

  it('name no setting, code or value that there is not', () => {
    const names = quoted.filter(({ words }) => /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+(=|$)/.test(words));
    expect(names.length).toBeGreaterThan(50);
    const strange = names.filter(({ words }) => !isKnown(words.split('=')[0] ?? ''));
    expect(strange).toEqual([]);
  });

  it('name no file that there is not', () => {
    const files = quoted.filter(({ words }) => /^(src|schema|test|docs|deploy|\.ci)\/[\w./-]+$/.test(words));
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter(({ words }) => !existsSync(words) && !isIgnored(words))).toEqual([]);
  });
});

describe('the references', () => {
  it('say what each setting means', () => {
    expect(describeSettings().filter(({ meaning }) => meaning === '')).toEqual([]);
  });

  it('have every code that the sources raise', () => {
    const reference = readFileSync('docs/reference/errors.md', 'utf8');
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
      // The sandbox speaks as Stripe does.
      (file) => file.endsWith('.ts') && !file.startsWith('sandbox'),
    );
    const raised = sources.flatMap((file) => [
      ...readFileSync(`src/${file}`, 'utf8').matchAll(/\bcode(?::| =) '([A-Z]+(?:_[A-Z]+)*)'/g),
    ]);
    expect(raised.length).toBeGreaterThan(5);
    const upstreamOnly = /^(HPE_|ERR_)/;
    for (const [, code = ''] of raised.filter(([, each = '']) => !upstreamOnly.test(each))) {
      expect(reference).toContain(`| \`${code}\` |`);
    }
  });
});

/*
 * Not run here, and why: `npm ci`, `npm test`, `npm run …` would run this very test, or install anew, or never end;
 * that each script exists is checked, and what they do is other tests' work (start, dev, composition, benchmark).
 * `npx` downloads. What needs an engine or a cluster (docker, kubectl, helm) is not on the machine.
 */
describe('the commands', () => {
  const provenOtherwise = [
    'npm',
    'npx',
    'node',
    'curl',
    'docker',
    'kubectl',
    'helm',
    'kill',
    'cp',
    'redis-cli',
    // They make the secret that deploy/compose.yaml reads.
    'mkdir',
    'openssl',
    'chmod',
  ];

  it('are of a kind that this file knows how to prove', () => {
    expect(commands.length).toBeGreaterThan(10);
    expect(commands.filter(({ words: [first = ''] }) => !provenOtherwise.includes(first))).toEqual([]);
  });

  it('set only settings that there are', () => {
    const set = commands.flatMap(({ variables }) => variables.map((pair) => pair.split('=')[0] ?? ''));
    expect(set.length).toBeGreaterThan(0);
    expect(set.filter((name) => !isSetting(name))).toEqual([]);
  });

  it('name only npm scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object };
    const named = pages.flatMap(({ text }) =>
      [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((script) => !Object.hasOwn(scripts, script ?? ''))).toEqual([]);
  });

  it('check a configuration as the page of production says: it is refused, and what is missing is named', async () => {
    const checks = commands.filter(({ words }) => words.includes('--check-config'));
    expect(checks).toHaveLength(1);
    for (const { words, variables } of checks) {
      const set = Object.fromEntries(variables.map((pair) => pair.split('=')));
      const check = run(process.execPath, words.slice(1), { env: { PATH: process.env['PATH'], ...set } });
      await expect(check).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/STRIPE_SECRET_KEY: is needed[\s\S]*ROUTER_SECRET: is needed/),
      });
    }
  });

  it('name only files and arguments that there are', () => {
    for (const { words } of commands) {
      if (words[0] === 'node' && words[1] === 'dist/main.js')
        expect(() => readCommand(words.slice(2))).not.toThrow();
      const files = words.filter((word) => /^(\.\/|test\/|src\/|deploy\/|schema\/|docs\/)/.test(word));
      for (const file of files)
        expect({ file, is: existsSync(file) || isMade(file) }).toEqual({ file, is: true });
    }
  });
});

describe('the snippets', () => {
  const { schema } = buildSubgraph(undefined);
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway.close());

  const curls = commands.filter(
    ({ words }) => words[0] === 'curl' && words.some((word) => word.includes(':4000/')),
  );

  it.each(curls.map(({ page, command, next }) => ({ page, command, next })))(
    'work: the curl of $page, and what it is said to answer',
    async ({ command, next }) => {
      const { stdout } = await run('sh', ['-c', command.replaceAll('http://127.0.0.1:4000', gateway.url)]);
      expect(JSON.parse(stdout)).toEqual(JSON.parse(next ?? ''));
    },
  );

  // The router on 4002 is started by the federation tests; here its clients' documents are held against the schema
  // as far as it is ours.
  it('send documents that parse, to whomever', () => {
    const sent = commands
      .filter(({ words }) => words[0] === 'curl')
      .map(({ command }) => /-d '(.*)'/s.exec(command)?.[1]);
    expect(sent.length).toBeGreaterThan(curls.length);
    for (const body of sent)
      if (body !== undefined) expect(() => parse(JSON.parse(body).query)).not.toThrow();
  });

  it('are valid operations, or type definitions that parse', () => {
    const graphql = blocksOf('graphql');
    expect(graphql.length).toBeGreaterThan(2);
    for (const { text } of graphql) {
      const document = parse(text);
      if (document.definitions.every(isExecutableDefinitionNode))
        expect(validate(schema, document)).toEqual([]);
    }
  });

  it('are well-formed JSON and YAML', () => {
    for (const { text } of blocksOf('json')) expect(() => JSON.parse(text)).not.toThrow();
    for (const { text } of blocksOf('yaml')) {
      expect(parseAllDocuments(text).flatMap(({ errors }) => errors)).toEqual([]);
    }
  });

  it('are of no kind that nobody checks', () => {
    // GitHub alone draws Mermaid's pictures; no parser of it runs without a browser.
    const checked = ['sh', 'graphql', 'json', 'yaml', 'ts', 'mermaid'];
    expect(blocks.filter(({ language }) => !checked.includes(language))).toEqual([]);
    for (const { text } of blocksOf('mermaid')) expect(text).toMatch(/^(flowchart|sequenceDiagram)/);
  });

  it('name endpoints that answer', async () => {
    const named = quoted.flatMap(({ words }) => /^(?:(?:GET|POST) )?(\/[a-z]+)$/.exec(words)?.[1] ?? []);
    const endpoints = [...new Set(named)].filter((each) => each !== '/metrics');
    expect(endpoints).toContain('/readyz');
    for (const endpoint of endpoints) {
      const { status } = await fetch(`${gateway.url}${endpoint}`);
      expect({ endpoint, found: status !== 404 }).toEqual({ endpoint, found: true });
    }
  });
});

function leadsSomewhere(page: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? page : path.join(path.dirname(page), file);
  if (!existsSync(target)) return false;
  if (anchor === undefined || statSync(target).isDirectory()) return anchor === undefined;
  const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm)].map(
    ([, heading = '']) => heading,
  );
  return headings.map(anchorOf).includes(anchor);
}

// As GitHub makes them.
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function isSetting(name: string): boolean {
  return Object.hasOwn(settings.shape, name) || /^(NODE|OTEL)_/.test(name);
}

function isKnown(name: string): boolean {
  const words = readFileSync('schema/customer-evaluations.graphql', 'utf8').match(/\b[A-Z_]+\b/g) ?? [''];
  const codes = readFileSync('docs/reference/errors.md', 'utf8').match(/`[A-Z_]+`/g) ?? [''];
  const composers = ['INCONSISTENT_DESCRIPTION', 'INPUT_OBJECT'];
  return isSetting(name) || words.includes(name) || codes.includes(`\`${name}\``) || composers.includes(name);
}

// Written by a command, and in nobody's checkout.
// By an earlier command, where nothing of it is committed.
function isMade(file: string): boolean {
  return isIgnored(`${file}/`) || isIgnored(`${path.dirname(file)}/`);
}

function isIgnored(file: string): boolean {
  return readFileSync('.gitignore', 'utf8').split('\n').includes(file);
}

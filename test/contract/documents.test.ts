import { execFile, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isExecutableDefinitionNode, parse, validate } from 'graphql';
import { parseAllDocuments } from 'yaml';
import { generatedPages } from '../../docs/source/pages.ts';
import { readConfig } from '../../src/config/config.ts';
import { describeSettings } from '../../src/config/setting-descriptions.ts';
import { settings } from '../../src/config/settings.ts';
import { customerEvaluationModule } from '../../src/customer-evaluation/customer-evaluation.module.ts';
import { buildSubgraph } from '../../src/graph/subgraph-schema.ts';
import { readCommand } from '../../src/start-up/command-line.ts';
import { AccountEvaluations } from '../../src/stripe/account-evaluations.ts';
import { customerEvaluationOperations } from '../../src/stripe/customer-evaluations.ts';
import { activitiesPathOf, defaultVersion } from '../../src/stripe/versions.ts';
import { faults } from '../../src/telemetry/outcomes.ts';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';
import { reasonWithout } from '../harness/missing-program.ts';
import { blocks, blocksOf, commands, linesOf, pages } from '../harness/page-blocks.ts';
import { itUnless } from '../harness/run-unless.ts';
import { sourceFiles } from '../harness/source-files.ts';

const run = promisify(execFile);
/** The text in backticks outside of code blocks. */
const quoted = pages.flatMap(({ page, text }) =>
  [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, words = '']) => ({
    page,
    words,
  })),
);

describe('the pages', () => {
  it('the pages match the code (`npm run docs` writes them)', () => {
    for (const [page, made] of generatedPages()) {
      expect({ page, text: readFileSync(page, 'utf8') }).toEqual({ page, text: made });
    }
  });

  it.each(['ts', 'html'])('the pages show in %s only examples from files that tests run', (language) => {
    const shown = blocksOf(language).map(({ text }) => text.trim());
    const files = globSync(`docs/examples/**/*.${language}`).map((file) => readFileSync(file, 'utf8').trim());
    expect(files.length).toBeGreaterThan(0);
    expect(shown.sort()).toEqual(files.sort());
  });

  it('the pages have no broken links, anchors included', () => {
    const broken = pages.flatMap(({ page, text }) =>
      [...text.matchAll(/\]\((?!https?:)([^)]+)\)/g)]
        .map(([, link = '']) => link)
        .filter((link) => !leadsSomewhere(page, link))
        .map((link) => `${page}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  it('the pages include a changelog entry for the current version', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(readFileSync('docs/CHANGELOG.md', 'utf8')).toMatch(
      new RegExp(`^## \\[${version}\\] - \\d{4}-\\d{2}-\\d{2}$`, 'm'),
    );
  });

  it('the pages are all reached from the README', () => {
    const [readme] = pages;
    for (const { page } of pages.slice(1)) expect(readme?.text).toContain(`](${page})`);
  });

  it('the pages name only settings, codes and values that exist', () => {
    const names = quoted.filter(({ words }) => /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+(=|$)/.test(words));
    expect(names.length).toBeGreaterThan(50);
    const strange = names.filter(({ words }) => !isKnown(words.split('=')[0] ?? ''));
    expect(strange).toEqual([]);
  });

  it('the pages name only files that exist', () => {
    const files = quoted.filter(({ words }) => /^(src|schema|test|docs|deploy|\.ci)\/[\w./-]+$/.test(words));
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter(({ words }) => !existsSync(words) && !isIgnored(words))).toEqual([]);
  });
});

describe('the references', () => {
  it('the references say what each setting means', () => {
    expect(describeSettings().filter(({ meaning }) => meaning === '')).toEqual([]);
  });

  it('the references list every code that the sources raise', () => {
    const reference = readFileSync('docs/reference/errors.md', 'utf8');
    const sources = sourceFiles().filter(
      // The sandbox raises Stripe's errors.
      (file) => !file.startsWith('sandbox'),
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

  it('the references name each call to Stripe that the key must allow', () => {
    const { operations } = new AccountEvaluations({} as never, activitiesPathOf(defaultVersion));
    const calls = [customerEvaluationOperations, operations].flatMap((each) => Object.values(each));
    const rows = calls.map(({ method, pathTemplate }) => `| \`${method} ${pathTemplate}\` |`);
    expect(rows).toHaveLength(6);
    const page = readFileSync('docs/production.md', 'utf8');
    expect(rows.filter((row) => !page.includes(row))).toEqual([]);
  });
});

/*
 * Some commands are not run here: `npm ci`, `npm test` and `npm run …` would run this test again, install packages, or
 * never end. The test checks that each script exists; other tests run them (start, dev, composition, benchmark). `npx`
 * downloads packages; the federation tests run the router that it would start and send it the requests of the pages.
 * Nothing here runs docker, kubectl or helm, which need an engine or a cluster.
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
    // These create a secret. They are run below.
    'mkdir',
    'openssl',
    'chmod',
  ];

  it('the commands are all of a kind that this file can check', () => {
    expect(commands.length).toBeGreaterThan(10);
    expect(commands.filter(({ words: [first = ''] }) => !provenOtherwise.includes(first))).toEqual([]);
  });

  it('the commands set only settings that exist', () => {
    const pairs = [
      ...commands.flatMap(({ variables }) => variables),
      ...blocksOf('ini').flatMap(({ text }) => linesOf(text)),
    ];
    const set = pairs.map((pair) => pair.split('=')[0] ?? '');
    expect(set.length).toBeGreaterThan(0);
    expect(set.filter((name) => !isSetting(name))).toEqual([]);
  });

  it('the commands name only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object };
    const named = pages.flatMap(({ text }) =>
      [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((script) => !Object.hasOwn(scripts, script ?? ''))).toEqual([]);
  });

  it('the commands check a configuration as docs/production.md says: it is refused, and the missing settings are named', async () => {
    const checks = commands.filter(({ words }) => words.includes('--check-config'));
    expect(checks).toHaveLength(1);
    for (const { words, variables } of checks) {
      const set = Object.fromEntries(variables.map((pair) => pair.split('=')));
      const check = run(process.execPath, words.slice(1), { env: { PATH: process.env['PATH'], ...set } });
      await expect(check).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/STRIPE_SECRET_KEY: is required[\s\S]*ROUTER_SECRET: is required/),
      });
    }
  });

  it('the commands make a secret for gateway and router that the gateway accepts', async () => {
    const [line, ...more] = blocksOf('sh')
      .flatMap(({ text }) => linesOf(text))
      .filter((each) => each.includes('openssl'));
    expect(more).toEqual([]);
    const folder = mkdtempSync(path.join(tmpdir(), 'secret-'));
    await run('sh', ['-c', line ?? ''], { cwd: folder });
    const ROUTER_SECRET_FILE = path.join(folder, 'deploy/secrets/router_secret');
    const { authentication } = readConfig({ AUTH_MODE: 'router', ROUTER_SECRET_FILE });
    rmSync(folder, { recursive: true });
    expect(authentication).toMatchObject({ mode: 'router' });
  });

  it('the commands name only files and arguments that exist', () => {
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
  const { schema } = buildSubgraph([customerEvaluationModule(undefined)]);
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway.close());

  const curls = commands.filter(
    ({ words }) => words[0] === 'curl' && words.some((word) => word.includes(':4000/')),
  );

  it.each(curls.map(({ page, command, next }) => ({ page, command, next })))(
    'the snippets work: the curl of $page, and its response',
    async ({ command, next }) => {
      const { stdout } = await run('sh', ['-c', command.replaceAll('http://127.0.0.1:4000', gateway.url)]);
      expect(JSON.parse(stdout)).toEqual(JSON.parse(next ?? ''));
    },
  );

  const graphql = blocksOf('graphql').map(({ page, text }) => ({ page, text, document: parse(text) }));
  const operations = graphql.filter(({ document }) => document.definitions.every(isExecutableDefinitionNode));

  it.each(operations)('the snippets work: the operation of $page', async ({ text, document }) => {
    expect(validate(schema, document)).toEqual([]);
    const { data, errors } = await gateway.send(text, { radarSession: 'rse_1', customer: 'cus_1' });
    expect(errors).toBeUndefined();
    expect(Object.values(data)).toEqual([expect.objectContaining({ errors: [] })]);
  });

  it('the snippets show a log line with the fields of the gateway’s own', async () => {
    const [example, ...more] = blocksOf('json').filter(({ text }) => text.startsWith('{"level"'));
    expect(more).toEqual([]);
    const [operation] = operations;
    const query = operation?.text ?? '';
    await gateway.send(query, { radarSession: 'rse_1', customer: 'cus_1' });
    const line =
      (await gateway.flushed()).filter((each) => each.includes('"msg":"operation"')).at(-1) ?? '{}';
    const keysOf = (text: string): string[] => Object.keys(JSON.parse(text)).sort();
    // This gateway has no authenticated callers.
    expect(keysOf(example?.text ?? '').filter((name) => name !== 'caller')).toEqual(keysOf(line));
  });

  itUnless(
    reasonWithout('promtool', spawnSync('promtool', ['--version']).status === 0, 'prometheus'),
    'the snippets configure a Prometheus that takes it',
    async () => {
      const scrapes = blocksOf('yaml').filter(({ text }) => text.startsWith('scrape_configs:'));
      expect(scrapes).toHaveLength(1);
      const folder = mkdtempSync(path.join(tmpdir(), 'prometheus-'));
      for (const { text } of scrapes) writeFileSync(path.join(folder, 'prometheus.yml'), text);
      await run('promtool', ['check', 'config', path.join(folder, 'prometheus.yml')]);
      rmSync(folder, { recursive: true });
    },
  );

  it('the snippets are well-formed JSON and YAML', () => {
    for (const { text } of blocksOf('json')) expect(() => JSON.parse(text)).not.toThrow();
    for (const { text } of blocksOf('yaml')) {
      expect(parseAllDocuments(text).flatMap(({ errors }) => errors)).toEqual([]);
    }
  });

  it('the snippets are all of a kind that this file checks', () => {
    // Mermaid's parser needs a browser, so only the kind of the diagram is checked.
    const checked = ['sh', 'graphql', 'json', 'yaml', 'ts', 'html', 'ini', 'mermaid'];
    expect(blocks.filter(({ language }) => !checked.includes(language))).toEqual([]);
    for (const { text } of blocksOf('mermaid')) expect(text).toMatch(/^(flowchart|sequenceDiagram)/);
  });

  it('the snippets name endpoints that answer', async () => {
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

// The anchors that GitHub generates.
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
  return (
    isSetting(name) ||
    words.includes(name) ||
    codes.includes(`\`${name}\``) ||
    Object.hasOwn(faults, name) ||
    composers.includes(name)
  );
}

// Files that an earlier command creates, and that are not in the repository.
function isMade(file: string): boolean {
  return isIgnored(`${file}/`) || isIgnored(`${path.dirname(file)}/`);
}

function isIgnored(file: string): boolean {
  return readFileSync('.gitignore', 'utf8').split('\n').includes(file);
}

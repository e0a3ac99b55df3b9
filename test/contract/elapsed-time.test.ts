import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseSync } from '@swc/core';

/** A node of a syntax tree, as far as it is looked at. */
interface SyntaxNode {
  readonly type?: string;
  readonly value?: unknown;
  readonly operator?: string;
  readonly callee?: SyntaxNode;
  readonly object?: SyntaxNode;
  readonly property?: SyntaxNode;
  readonly expression?: SyntaxNode;
  readonly id?: SyntaxNode;
  readonly key?: SyntaxNode;
  readonly left?: SyntaxNode;
  readonly right?: SyntaxNode;
  readonly init?: SyntaxNode;
  readonly body?: SyntaxNode;
  readonly span?: { readonly start: number; readonly end: number };
  readonly arguments?: readonly { readonly expression: SyntaxNode }[];
}

function* within(node: unknown): Generator<SyntaxNode> {
  if (typeof node !== 'object' || node === null) return;
  yield node;
  for (const child of Object.values(node)) yield* within(child);
}

/** The name of an expression: `a`, or `a.b` for `x.a.b`. */
function nameOf(node: SyntaxNode | undefined): string {
  if (node?.type === 'Identifier' || node?.type === 'StringLiteral') return String(node.value);
  if (node?.type !== 'MemberExpression') return '';
  return `${nameOf(node.object).split('.').at(-1)}.${nameOf(node.property)}`;
}

/** The names that a pattern binds. */
function namesIn(pattern: SyntaxNode | undefined): string[] {
  return [...within(pattern)].filter(({ type }) => type === 'Identifier').map(nameOf);
}

const clocks = new Set(['performance.now', 'Date.now', 'hrtime.bigint', 'process.hrtime', 'process.uptime']);

/** Whether an expression reads the clock, or is computed from a reading. */
function isTime(node: SyntaxNode | null | undefined, times: ReadonlySet<string>): boolean {
  switch (node?.type) {
    case 'Identifier':
      return times.has(nameOf(node));
    case 'MemberExpression':
      return times.has(nameOf(node.property)) || isTime(node.object, times);
    case 'ParenthesisExpression':
      return isTime(node.expression, times);
    case 'BinaryExpression':
      return isTime(node.left, times) || isTime(node.right, times);
    case 'CallExpression': {
      const callee = nameOf(node.callee);
      if (clocks.has(callee)) return true;
      const computes = /^Math\.|^Number$/.test(callee);
      if (computes) return (node.arguments ?? []).some(({ expression }) => isTime(expression, times));
      return node.callee?.type === 'MemberExpression' && isTime(node.callee.object, times);
    }
    default:
      return false;
  }
}

/** The names of variables, fields and lists that hold readings of the clock or values computed from them. */
function timesIn(tree: readonly SyntaxNode[]): ReadonlySet<string> {
  const times = new Set<string>();
  for (let before = -1; before < times.size; ) {
    before = times.size;
    for (const { type, id, init, key, value, left, right, callee, arguments: given } of tree) {
      const found =
        type === 'VariableDeclarator' && isTime(init, times)
          ? namesIn(id)
          : type === 'KeyValueProperty' && isTime(value as SyntaxNode, times)
            ? [nameOf(key)]
            : type === 'AssignmentExpression' && isTime(right, times)
              ? namesIn(left)
              : type === 'CallExpression' &&
                  /\.push$/.test(nameOf(callee)) &&
                  given?.some(({ expression }) => isTime(expression, times))
                ? [nameOf(callee?.object)]
                : [];
      for (const name of found) if (name !== '') times.add(name);
    }
  }
  return times;
}

const includes = ({ span: outer }: SyntaxNode, { span: inner }: SyntaxNode): boolean =>
  (outer?.start ?? 0) <= (inner?.start ?? 0) && (inner?.end ?? 0) <= (outer?.end ?? 0);
const calls = (node: unknown, name: RegExp): boolean =>
  [...within(node)].some(({ type, callee }) => type === 'CallExpression' && name.test(nameOf(callee)));

/** Finds assertions on elapsed time: each `expect` on a reading of a clock that the test does not control. */
function timedAssertions(source: string): string[] {
  const module = parseSync(source, { syntax: 'typescript', decorators: true });
  const tree = [...within(module)];
  const named = (name: RegExp): SyntaxNode[] =>
    tree.filter(({ type, callee }) => type === 'CallExpression' && name.test(nameOf(callee)));
  const stops = tree
    .filter(({ type, init }) => type === 'VariableDeclarator' && calls(init, /useFakeTimers$/))
    .flatMap(({ id, init }) => (init?.type === 'ArrowFunctionExpression' ? [nameOf(id)] : []));
  const stopsClock = new RegExp(`useFakeTimers$|^(${stops.join('|') || '-'})$`);
  const hooks = named(/^before(Each|All)$/).filter((hook) => calls(hook, stopsClock));
  const stopped = [
    ...named(/^(it|test)$/).filter((test) => calls(test, stopsClock)),
    // A hook applies to the `describe` that holds it, and to no other.
    ...hooks.map(
      (hook) => named(/^describe/).findLast((group) => includes(group, hook)) ?? { span: module.span },
    ),
  ];
  const times = timesIn(tree);
  // swc counts bytes, from the start of the first module that it parsed.
  const bytes = Buffer.from(source.trimStart());
  const start = module.span.start;
  return named(/^expect$/)
    .filter(({ arguments: given }) => [...within(given)].some((part) => isTime(part, times)))
    .filter((assertion) => !stopped.some((part) => includes(part, assertion)))
    .map(({ span }) => bytes.toString('utf8', (span?.start ?? 0) - start, (span?.end ?? 0) - start));
}

describe('an assertion on elapsed time', () => {
  it('an assertion on elapsed time is in no test, since a busy machine would break it', () => {
    const files = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.test.ts') && !file.includes('node_modules'),
    );
    expect(files.length).toBeGreaterThan(100);
    const found = files.flatMap((file) =>
      timedAssertions(readFileSync(`test/${file}`, 'utf8')).map((what) => `${file}: ${what}`),
    );
    expect(found).toEqual([]);
  });

  it.each([
    'const start = performance.now(); await call(); expect(performance.now() - start).toBeLessThan(200);',
    'const start = Date.now(); await call(); const tookMs = Date.now() - start; expect(tookMs).toBeGreaterThan(9);',
    'const took = []; took.push(performance.now() - start); const [, median] = took.sort(); expect(median).toBe(1);',
    'const made = calls.map(() => ({ tookMs: performance.now() - start })); expect(made.filter(({ tookMs }) => tookMs < 100)).toHaveLength(2);',
    'const start = process.hrtime.bigint(); expect(process.hrtime.bigint() - start < 5n).toBe(true);',
    'let endedAt = 0; call.then(() => { endedAt = performance.now(); }); expect(Math.round(endedAt - 5)).toBe(2);',
    "it('a', () => { jest.useFakeTimers(); }); it('b', () => { expect(performance.now() - 1).toBe(2); });",
    "describe('a', () => { beforeEach(() => { jest.useFakeTimers(); }); }); describe('b', () => { expect(Date.now()).toBe(2); });",
  ])('an assertion on elapsed time is found in %s', (source) => {
    expect(timedAssertions(source)).toHaveLength(1);
  });

  it.each([
    'const now = Math.floor(Date.now() / 1000); const answer = await call({ exp: now + 60 }); expect(answer.status).toBe(200);',
    "it('a', () => { jest.useFakeTimers(); const start = performance.now(); expect(performance.now() - start).toBe(0); });",
    "const stopClock = () => { jest.useFakeTimers(); }; it('a', () => { stopClock(); expect(Date.now()).toBe(0); });",
    'beforeEach(() => { jest.useFakeTimers(); }); expect(performance.now()).toBe(0);',
    'expect(processorMs(gateway)).toBeLessThan(2 * usualMs);',
    'expect(retryAfterMs).toBeLessThanOrEqual(60_000);',
  ])('an assertion on elapsed time is not found in %s', (source) => {
    expect(timedAssertions(source)).toEqual([]);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseSync } from '@swc/core';

/*
 * A failure in a long log, a search and `jest -t` show a test's name without its `describe`. So each name must be a
 * sentence with a subject, which begins with an article, a number, a name or code, and rarely with a bare noun.
 */
const subject =
  /^((the|a|an|each|every|no|nobody|nothing|all|both|two|three|four|five|what|how|whoever|whatever) |in (production|a terminal|a real Prometheus), |(rate limits|trusted documents|personal data|client data|concurrent calls|calls|entities|operations|strings|bytes|values|names),? |sandbox_|deploy\/|[A-Z`])/;

/** A node of a syntax tree, as far as it is looked at. */
interface SyntaxNode {
  readonly type?: string;
  readonly value?: unknown;
  readonly callee?: SyntaxNode;
  readonly object?: SyntaxNode;
  readonly tag?: SyntaxNode;
  readonly quasis?: readonly { readonly cooked: string }[];
  readonly arguments?: readonly { readonly expression: SyntaxNode }[];
}

/** `it` of `it(…)`, `it.each(…)(…)` and `it.each<…>(…)(…)`. */
function rootOf(node: SyntaxNode | undefined): string {
  if (node?.type === 'Identifier') return String(node.value);
  if (node === undefined) return '';
  return rootOf(node.callee ?? node.object ?? node.tag);
}

/** The names of a file's tests. */
function namesIn(source: string): string[] {
  const names: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { type, callee, arguments: given = [] } = node as SyntaxNode;
    const root = type === 'CallExpression' ? rootOf(callee) : '';
    const name = given[root === 'itUnless' ? 1 : 0]?.expression;
    if (root === 'it' || root === 'itUnless') {
      if (name?.type === 'StringLiteral') names.push(String(name.value));
      if (name?.type === 'TemplateLiteral')
        names.push((name.quasis ?? []).map(({ cooked }) => cooked).join('%s'));
    }
    for (const child of Object.values(node)) visit(child);
  };
  visit(parseSync(source, { syntax: 'typescript', decorators: true }));
  return names;
}

describe('test names', () => {
  it('each name of a test is a sentence with a subject that stands alone without its describe', () => {
    const files = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.test.ts') && !file.includes('node_modules'),
    );
    const names = files.flatMap((file) =>
      namesIn(readFileSync(`test/${file}`, 'utf8')).map((name) => ({ file, name })),
    );
    expect(names.length).toBeGreaterThan(1_000);
    expect(names.filter(({ name }) => !subject.test(name))).toEqual([]);
  });

  it.each([
    'refuses a body that is too long',
    'is had from the start',
    'are told at once',
    'of an RSA key is taken',
    '%s is refused',
  ])('a name without its subject is found: %s', (name) => {
    for (const call of ['it(', 'it.each([1])(', 'itUnless(undefined, '])
      expect(namesIn(`describe('x', () => { ${call}'${name}', () => {}); });`)).toEqual([name]);
    expect(name).not.toMatch(subject);
  });
});

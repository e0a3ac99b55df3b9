import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseSync } from '@swc/core';
import { checkSync } from 'recheck';
import { sourceFiles } from '../harness/source-files.ts';

interface Expression {
  readonly file: string;
  readonly source: string;
  readonly flags: string;
}

/** The parts of a syntax tree's node that this test reads. */
interface SyntaxNode {
  readonly type?: string;
  readonly pattern?: string;
  readonly flags?: string;
  readonly tag?: { readonly property?: { readonly value?: string } };
  readonly template?: { readonly quasis: readonly { readonly raw: string }[] };
}

// Used on text that was parsed as JSON before, so every string is closed.
const readsCheckedText = new Set(['http/json-body.ts "[^"\\\\]*(?:\\\\.[^"\\\\]*)*"[\\t\\n\\r ]*:?']);

/** Every regular expression of a file: literals, and the parts of composed ones. */
function expressionsOf(file: string): Expression[] {
  const found: Expression[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { type, pattern, flags, tag, template } = node as SyntaxNode;
    if (type === 'RegExpLiteral') found.push({ file, source: pattern ?? '', flags: flags ?? '' });
    if (type === 'TaggedTemplateExpression' && tag?.property?.value === 'raw') {
      found.push({ file, source: (template?.quasis ?? []).map(({ raw }) => raw).join('x'), flags: 'gi' });
    }
    for (const child of Object.values(node)) visit(child);
  };
  visit(
    parseSync(readFileSync(`src/${file}`, 'utf8'), {
      syntax: 'typescript',
      tsx: file.endsWith('x'),
      decorators: true,
    }),
  );
  return found;
}

/** recheck's verdict on an expression: `safe`, or how its time grows and for which text. */
function verdictOn({ source, flags }: Expression): string {
  // Its own limits on the characters read end the search. Limits on time made an expression vulnerable on a busy machine.
  const found = checkSync(source, flags, { timeout: null, attackTimeout: null, incubationTimeout: null });
  if (found.status !== 'vulnerable') return found.status;
  return `vulnerable, ${found.complexity.summary}, ${found.attack.pattern}`;
}

describe('the work of a regular expression', () => {
  it('the work of each regular expression of the server grows only linearly with its text', () => {
    const expressions = sourceFiles().flatMap(expressionsOf);
    expect(expressions.length).toBeGreaterThan(80);
    const superLinear = expressions
      .filter(({ file, source }) => !readsCheckedText.has(`${file} ${source}`))
      .map((expression) => ({ ...expression, verdict: verdictOn(expression) }))
      .filter(({ verdict }) => verdict !== 'safe');
    expect(superLinear).toEqual([]);
  });

  it.each([
    ['of an address that begins anywhere', '[^\\s:]+@[\\w.-]+'],
    ['of a token that needs a dot', '\\beyJ[\\w-]{6,}\\.[\\w-]+'],
  ])('the work of a regular expression that grows faster is found, as once in the log: %s', (_, source) => {
    expect(verdictOn({ file: '', source, flags: 'g' })).toMatch(/^vulnerable, 2nd degree polynomial/);
  });
});

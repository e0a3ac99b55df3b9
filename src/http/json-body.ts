import { isUtf8 } from 'node:buffer';

/** A body that is not JSON, or JSON that two parsers could read differently. */
class BadBody extends Error {
  override readonly name = 'BadBody';
  readonly statusCode = 400;
}

/** Several times deeper than any variables of this schema. */
const maxDepth = 32;

/**
 * Parses a JSON body unambiguously: RFC 8259 leaves some cases to the parser, so that a firewall may read a request
 * differently. Rejects invalid UTF-8 (8.1), a byte order mark (8.1), a name that appears twice in an object (4),
 * `__proto__`, and excessive nesting (9).
 */
export function parseJsonBody(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new BadBody();
  return parseStrictly(bytes.toString('utf8'), maxDepth);
}

/** Refuses JSON in a URL that would be refused as a member of a body. */
export function checkJsonParameter(text: string): void {
  parseStrictly(text, maxDepth - 1);
}

function parseStrictly(text: string, depth: number): unknown {
  const value = parse(text);
  if (countNames(value, depth) !== countNamesIn(text)) throw new BadBody();
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Its message quotes the text, so it is dropped.
    throw new BadBody();
  }
}

function countNames(value: unknown, depthLeft: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depthLeft === 0) throw new BadBody();
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) count += countNames(item, depthLeft - 1);
    return count;
  }
  // Not `Object.entries`, which allocates an array for each member.
  for (const name in value) {
    if (name === '__proto__') throw new BadBody();
    count += 1 + countNames(value[name as keyof typeof value], depthLeft - 1);
  }
  return count;
}

// In valid JSON, a string is a member's name if and only if a colon follows.
const strings = /"[^"\\]*(?:\\.[^"\\]*)*"[\t\n\r ]*:?/g;

function countNamesIn(text: string): number {
  let count = 0;
  strings.lastIndex = 0;
  // Not `matchAll`, which allocates an array for each string.
  while (strings.test(text)) if (text[strings.lastIndex - 1] === ':') count += 1;
  return count;
}

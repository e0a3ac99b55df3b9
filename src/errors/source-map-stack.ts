import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * A stack with its places in the sources, where it has those of a bundle: `src/gateway.ts:90:5` and not
 * `file:///app/dist/gateway-….js:12:3456`. By us and not by Node, which would do so, once asked, for every error that is
 * made: half a second for the first, and a third more work for each refused call.
 */
export function inSources(stack: string): string {
  return stack.replace(/file:\/\/(?:\/[A-Za-z]:)?[^\s:]+\.js:\d+:\d+/g, placeInSources);
}

/** The same error, to be thrown on. */
export function withSourcePlaces(error: unknown): unknown {
  if (error instanceof Error && error.stack !== undefined) error.stack = inSources(error.stack);
  return error;
}

const maps = new Map<string, SourceMap | undefined>();

function placeInSources(place: string): string {
  const [, file = '', line, column] = /^(.*):(\d+):(\d+)$/.exec(place) ?? [];
  if (!maps.has(file)) maps.set(file, mapOf(file));
  const origin = maps.get(file)?.findOrigin(Number(line), Number(column));
  if (origin === undefined || !('fileName' in origin)) return place;
  return `${origin.fileName.replace(/^(\.\.\/)+/, '')}:${origin.lineNumber}:${origin.columnNumber}`;
}

// Not every file has one, and none may be to be had: a bug must be told all the same.
function mapOf(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(file)}.map`, 'utf8')));
  } catch {
    return undefined;
  }
}

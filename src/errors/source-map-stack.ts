import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * A stack trace with positions in the sources instead of the bundle: `src/gateway.ts:90:5`, not
 * `file:///app/dist/gateway-….js:12:3456`. Not by Node (`--enable-source-maps`), which maps the stack of every error
 * that is created: that takes half a second for the first, and a third more CPU for each refused call.
 */
export function inSources(stack: string): string {
  return stack.replace(/file:\/\/(?:\/[A-Za-z]:)?[^\s:]+\.js:\d+:\d+/g, placeInSources);
}

/** The same error with its stack mapped, to rethrow. */
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

// A file may have no source map, or an unreadable one: the bug must be reported anyway.
function mapOf(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(file)}.map`, 'utf8')));
  } catch {
    return undefined;
  }
}

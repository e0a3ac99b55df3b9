import { inSources } from './source-map-stack.ts';

/** Describes a bug for the log: its kind and stack frames, without the message, which may quote what a person wrote. */
export function describeError(error: unknown): { error: string; frames: string[] } {
  if (!(error instanceof Error)) return { error: typeof error, frames: [] };
  const frames = inSources(error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line));
  return { error: error.name, frames: frames.map((frame) => frame.trim()) };
}

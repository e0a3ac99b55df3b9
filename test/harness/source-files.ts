import { globSync } from 'node:fs';

/** The source files by their paths below `src/`, without the packages installed for the pages. */
export function sourceFiles(): string[] {
  return globSync('**/*.{ts,tsx}', { cwd: 'src', exclude: ['**/node_modules'] }).sort();
}

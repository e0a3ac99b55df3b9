import { globSync } from 'node:fs';

/** The sources by their paths below `src/`, without the packages that the pages have there. */
export function sourceFiles(): string[] {
  return globSync('**/*.{ts,tsx}', { cwd: 'src', exclude: ['**/node_modules'] }).sort();
}

import { readFileSync } from 'node:fs';
import { pagePaths } from '../../docs/source/page-list.ts';

/** The source of the README and of the pages under docs/. */
export const pages = pagePaths().map((page) => ({ page, text: readFileSync(page, 'utf8') }));

/** A code block of a page. */
export interface Block {
  readonly page: string;
  readonly language: string;
  readonly text: string;
  /** The block directly after it. */
  readonly next: string | undefined;
}

export const blocks: readonly Block[] = pages.flatMap(({ page, text }) => {
  const found = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)];
  return found.map(([, language = '', body = ''], index) => ({
    page,
    language,
    text: body,
    next: found[index + 1]?.[2],
  }));
});

export const blocksOf = (language: string): Block[] => blocks.filter((block) => block.language === language);

/** A command in a page. */
export interface Command {
  readonly page: string;
  /** The command without the settings before it. */
  readonly command: string;
  readonly words: readonly string[];
  /** The settings before the command, each as `NAME=value`. */
  readonly variables: readonly string[];
  /** The block after the one that holds it. */
  readonly next: string | undefined;
}

export const commands: readonly Command[] = blocksOf('sh').flatMap(({ page, text, next }) =>
  linesOf(text)
    .flatMap((line) => (line.startsWith('curl ') ? [line] : line.split(' && ')))
    .map((line) => {
      const assigned = /^(?:[A-Z_]+=\S* )*/.exec(line)?.[0] ?? '';
      const command = line.slice(assigned.length);
      return {
        page,
        command,
        words: command.split(/\s+/),
        variables: assigned.trim().split(' ').filter(Boolean),
        next,
      };
    }),
);

/** The commands of a block, without comments. */
export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '');
}

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { describeSettings, settingGroups } from '../../src/config/setting-descriptions.ts';
import { settings, settingsByNeed } from '../../src/config/settings.ts';

const run = promisify(execFile);
const titles = settingGroups.map(({ title }) => title);

/** The settings below each title of a text; `setting` matches one. */
function listedBelowTitles(text: string, setting: RegExp): string[][] {
  const starts = titles.map((title) => text.indexOf(title));
  expect(starts).toEqual([...starts].sort((one, other) => one - other));
  return starts.map((start, index) =>
    [...text.slice(start, starts[index + 1]).matchAll(setting)].map(([, name = '']) => name),
  );
}

const namesByGroup = settingGroups.map(({ need }) => Object.keys(settingsByNeed[need]));

describe('The groups of settings', () => {
  it('The groups of settings hold every setting once', () => {
    const names = namesByGroup.flat();
    expect(new Set(names).size).toBe(names.length);
    expect([...names].sort()).toEqual(Object.keys(settings.shape).sort());
    expect(describeSettings().map(({ name }) => name)).toEqual(names);
  });

  it('The groups of settings are short for simple deployments', () => {
    const [everyone = [], some = []] = namesByGroup;
    expect(everyone.length).toBeLessThanOrEqual(12);
    expect(some.length).toBeLessThanOrEqual(40);
  });

  it('The groups of settings are the tables of the reference', () => {
    const page = readFileSync('docs/reference/settings.md', 'utf8');
    expect(listedBelowTitles(page, /^\| `([A-Z_]+)` \|/gm)).toEqual(namesByGroup);
  });

  it('The groups of settings are the lists of --help', async () => {
    const { stdout } = await run(process.execPath, ['dist/main.js', '--help']);
    expect(listedBelowTitles(stdout, /^ {2}([A-Z_]+) {2}/gm)).toEqual(namesByGroup);
  });

  it('The groups of settings are read in a terminal without links of Markdown', async () => {
    const { stdout } = await run(process.execPath, ['dist/main.js', '--help']);
    expect(stdout).not.toContain('](');
    expect(stdout).toContain('See docs/stripe-apis.md');
  });

  it('The groups of settings take each default as it is shown', () => {
    const shown = describeSettings().flatMap(({ name, defaultsTo = '' }) => {
      const value = /^`([^`]+)`$/.exec(defaultsTo)?.[1];
      return value === undefined ? [] : [{ name, value }];
    });
    expect(shown.length).toBeGreaterThan(30);
    const types = settings.shape as Record<string, { safeParse(value: string): { success: boolean } }>;
    expect(shown.filter(({ name, value }) => types[name]?.safeParse(value).success !== true)).toEqual([]);
  });

  it('The groups of settings explain each setting without its neighbour in another group', () => {
    const [first, ...rest] = describeSettings();
    let before = first;
    for (const setting of rest) {
      if (setting.meaning.startsWith('the same')) {
        expect({ name: setting.name, group: setting.neededBy }).toEqual({
          name: setting.name,
          group: before?.neededBy,
        });
      }
      before = setting;
    }
  });
});

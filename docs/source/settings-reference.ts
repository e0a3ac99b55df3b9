import { describeSettings } from '../../src/config/setting-descriptions.ts';
import { table } from './table.ts';

/** Every setting, from the table that reads them. */
export function settingsTable(): string {
  return table(
    ['setting', 'without it', 'takes', 'meaning'],
    describeSettings().map(({ name, otherwise, takes, meaning, secret }) => [
      `\`${name}\``,
      otherwise ?? 'none',
      takes,
      secret ? `${meaning}. Never shown` : meaning,
    ]),
  );
}

import { describeSettings, settingGroups } from '../../src/config/setting-descriptions.ts';
import { table } from './table.ts';

/** Every setting, in one table per group. */
export function settingsTable(): string {
  const settings = describeSettings();
  return settingGroups
    .map(({ need, title }) => {
      const rows = settings
        .filter(({ neededBy }) => neededBy === need)
        .map(({ name, defaultsTo, accepts, meaning, secret }) => [
          `\`${name}\``,
          defaultsTo ?? 'none',
          accepts,
          secret ? `${meaning}. Never shown` : meaning,
        ]);
      return `## ${title}\n\n${table(['setting', 'default', 'accepts', 'meaning'], rows)}`;
    })
    .join('\n\n');
}

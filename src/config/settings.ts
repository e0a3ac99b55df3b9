import * as z from 'zod';
import { settingsForEveryone } from './settings-for-everyone.ts';
import { settingsForFew } from './settings-for-few.ts';
import { settingsForSome } from './settings-for-some.ts';

/** Settings whose values are never shown. Each may be in a file instead, which `…_FILE` names and which is reloaded. */
export const secretSettings = ['STRIPE_SECRET_KEY', 'ROUTER_SECRET', 'REDIS_URL', 'PSEUDONYM_KEY'] as const;

/** Not shown either, since they may contain credentials; changing one needs a restart. */
const otherSecrets = [
  'HTTPS_PROXY',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
] as const;

/** Whether a setting's value is secret. */
export function isSecret(name: string): boolean {
  return [...secretSettings, ...otherSecrets].some((secret) => secret === name);
}

/** The environment variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** All settings, parsed. */
export type Settings = z.output<typeof settings>;

/** The secrets among them. */
export type Secrets = Pick<Settings, (typeof secretSettings)[number]>;

/** All settings, by how many deployments need them: the first group is enough for a first deployment. */
export const settingsByNeed = {
  everyone: settingsForEveryone,
  some: settingsForSome,
  few: settingsForFew,
} as const;

/** How many deployments need a setting. */
export type SettingNeed = keyof typeof settingsByNeed;

/**
 * Each setting: the values that it takes (the text of its error message), how it is parsed, and its meaning. The single
 * source of `--help`, `--check-config` and docs/reference/settings.md.
 */
export const settings = z.object({
  ...settingsByNeed.everyone,
  ...settingsByNeed.some,
  ...settingsByNeed.few,
});

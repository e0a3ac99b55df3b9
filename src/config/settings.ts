import * as z from 'zod';
import { settingsForEveryone } from './settings-for-everyone.ts';
import { settingsForFew } from './settings-for-few.ts';
import { settingsForSome } from './settings-for-some.ts';

/** Whose values are never shown. Each may stand in a file instead, which `…_FILE` names and which is read anew. */
export const secretSettings = ['STRIPE_SECRET_KEY', 'ROUTER_SECRET', 'REDIS_URL', 'PSEUDONYM_KEY'] as const;

/** Never shown either, since they may hold credentials; a new one can wait for a restart. */
const otherSecrets = [
  'HTTPS_PROXY',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
] as const;

/** Whether a setting's value may be shown. */
export function isSecret(name: string): boolean {
  return [...secretSettings, ...otherSecrets].some((secret) => secret === name);
}

/** A value that may be shown, but for the user and password of a URL in it. */
export function withoutCredentials(value: string): string {
  return value.replace(/\/\/[^/@\s]*@/g, '//•••@');
}

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Every setting, read. */
export type Settings = z.output<typeof settings>;

/** The secrets among them. */
export type Secrets = Pick<Settings, (typeof secretSettings)[number]>;

/** Every setting, by who needs it: a reader who stops after the first group has what a first deployment needs. */
export const settingsByNeed = {
  everyone: settingsForEveryone,
  some: settingsForSome,
  few: settingsForFew,
} as const;

/** Who needs a setting. */
export type SettingNeed = keyof typeof settingsByNeed;

/**
 * Each setting: what it takes, in words for its fault message, how it is read, and what it means. The single source
 * of `--help`, `--check-config` and docs/reference/settings.md.
 */
export const settings = z.object({
  ...settingsByNeed.everyone,
  ...settingsByNeed.some,
  ...settingsByNeed.few,
});

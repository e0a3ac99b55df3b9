import * as z from 'zod';
import { isSecret, type SettingNeed, settingsByNeed } from './settings.ts';

/** A setting's documentation. */
export interface SettingDescription {
  readonly name: string;
  /** The default, in Markdown; undefined if there is none. */
  readonly defaultsTo: string | undefined;
  readonly accepts: string;
  readonly meaning: string;
  readonly secret: boolean;
  readonly neededBy: SettingNeed;
}

/** The groups of settings, by how many deployments need them. */
export const settingGroups: readonly { readonly need: SettingNeed; readonly title: string }[] = [
  { need: 'everyone', title: 'For every deployment' },
  {
    need: 'some',
    title: 'For some deployments: tokens, a router, proxies, replicas, trusted documents, traces',
  },
  { need: 'few', title: 'Rarely needed: tuning and development' },
];

/** The documentation of all settings, in the order of the groups. */
export function describeSettings(): SettingDescription[] {
  return settingGroups.flatMap(({ need }) => describeGroup(need));
}

function describeGroup(need: SettingNeed): SettingDescription[] {
  const types: Readonly<Record<string, z.ZodType>> = settingsByNeed[need];
  return Object.entries(types).map(([name, type]) => ({
    name,
    neededBy: need,
    defaultsTo: defaultOf(type),
    accepts: acceptedValues(type),
    meaning: type.description ?? '',
    secret: isSecret(name),
  }));
}

/** The values that a setting takes, in words. */
export function acceptedValues(type: z.ZodType): string {
  const words = type.meta()?.['accepts'];
  return typeof words === 'string'
    ? words
    : isWrapped(type)
      ? acceptedValues(type.unwrap() as z.ZodType)
      : 'any text';
}

function defaultOf(type: z.ZodType): string | undefined {
  const words = type.meta()?.['defaultsTo'];
  if (typeof words === 'string') return words;
  if (!(type instanceof z.ZodDefault) && !(type instanceof z.ZodPrefault)) return undefined;
  const value = String(type.def.defaultValue);
  return value === '' ? undefined : `\`${value}\``;
}

// `.default()`, `.prefault()` and `.optional()` wrap the type that holds the words.
function isWrapped(type: z.ZodType): type is z.ZodDefault | z.ZodPrefault | z.ZodOptional {
  return type instanceof z.ZodDefault || type instanceof z.ZodPrefault || type instanceof z.ZodOptional;
}

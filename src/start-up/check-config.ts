import type { Config } from '../config/config.ts';
import { withProxies } from '../config/proxy-settings.ts';
import { describeSettings, type SettingDescription } from '../config/setting-descriptions.ts';
import type { Environment } from '../config/settings.ts';
import { shownValue } from '../config/shown-values.ts';
import { configSummary } from './config-summary.ts';
import { startupWarnings } from './startup-warnings.ts';

/** The output of `--check-config`: the effective value of each setting, and its source. Secrets are masked. */
export function effectiveSettings(config: Config, environment: Environment): string {
  const settings = describeSettings();
  const given = withProxies(environment);
  const width = Math.max(...settings.map(({ name }) => name.length));
  const lines = settings.map((setting) => {
    const set = given[setting.name] || undefined;
    const inFile = given[`${setting.name}_FILE`] || undefined;
    const [mark, value] =
      set !== undefined
        ? ['*', masked(setting, set)]
        : [' ', inFile === undefined ? valueWithout(setting, config) : `in ${inFile} (not shown)`];
    return `${mark} ${setting.name.padEnd(width)}  ${value}`;
  });
  return `The configuration is valid:

${configSummary(config)}
* is set in the environment

${lines.join('\n').replaceAll('`', '')}
${warningsOf(config, environment)}`;
}

function masked({ name, secret }: SettingDescription, value: string): string {
  if (!secret) return shownValue(name, value);
  // Of a Stripe key, only the kind and mode are shown.
  const mode = /^(sk|rk|sk_org)_(live|test)_/.exec(value)?.[0];
  return `${mode === undefined ? '' : `${mode}… `}(not shown)`;
}

// Some defaults depend on other settings.
function valueWithout({ name, defaultsTo }: SettingDescription, config: Config): string {
  switch (name) {
    case 'UPSTREAM':
      return config.upstream;
    case 'AUTH_MODE':
      return config.authentication.mode;
    case 'INTROSPECTION':
      return config.introspection ? 'on' : 'off';
    case 'EXPLORER':
      return config.explorer ? 'on' : 'off';
    default:
      return defaultsTo ?? 'not set';
  }
}

function warningsOf(config: Config, environment: Environment): string {
  return startupWarnings(config, environment)
    .map(
      ({ message, fields }) => `\nWarning: ${[message, ...Object.values(fields).map(inWords)].join(': ')}\n`,
    )
    .join('');
}

function inWords(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : String(value);
}

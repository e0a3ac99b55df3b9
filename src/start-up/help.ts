import { describeSettings, settingGroups } from '../config/setting-descriptions.ts';

/** The output of `--help`. */
export function helpText(): string {
  const settings = describeSettings();
  const width = Math.max(...settings.map(({ name }) => name.length));
  const groups = settingGroups.map(({ need, title }) => {
    const lines = settings
      .filter(({ neededBy }) => neededBy === need)
      .map(
        ({ name, defaultsTo, meaning }) => `  ${name.padEnd(width)}  ${meaning} (${defaultsTo ?? 'none'})`,
      );
    return `${title}:\n\n${lines.join('\n')}`;
  });
  return `A GraphQL gateway in front of Stripe Radar's customer evaluations.

  node dist/main.js                  starts the gateway; without STRIPE_SECRET_KEY, its upstream is the built-in sandbox
  node dist/main.js sandbox          starts only the sandbox
  node dist/main.js --check-config   checks the settings and prints the resulting configuration, secrets masked
  node dist/main.js --version        prints the version
  node dist/main.js --help           prints this help

Settings are environment variables. Defaults are in parentheses.

${withPaths(groups.join('\n\n'))}
`;
}

/** Links as paths: those of descriptions are relative to docs/reference/settings.md. Values keep their backticks. */
function withPaths(text: string): string {
  return text.replace(/\[[\w ]+\]\(\.\.\/([\w./-]+)\)/g, 'docs/$1');
}

/*
 * `npm run check:audit`: checks that no installed package of the root or of the pages has a serious known
 * vulnerability, and that each is signed by the registry. If the registry answers no audits (a mirror may not), it says
 * so and passes.
 */
import { spawnSync } from 'node:child_process';

const npm = (cwd: string, ...args: string[]): string =>
  spawnSync('npm', [...args, '--json', '--fetch-retries=0', '--fetch-timeout=10000'], {
    cwd,
    encoding: 'utf8',
    timeout: 60_000,
  }).stdout;

const read = (text: string): Record<string, unknown> => {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
};

const faults: string[] = [];

// These hold what runs or reaches browsers. The other lock files belong to tests and scripts.
for (const folder of ['.', 'src/pages/browser']) {
  const audit = read(npm(folder, 'audit')) as { metadata?: { vulnerabilities: Record<string, number> } };
  if (audit.metadata === undefined) {
    process.stdout.write('The registry answers no audits: vulnerabilities were not looked for.\n');
  } else {
    const { high = 0, critical = 0 } = audit.metadata.vulnerabilities;
    if (high + critical > 0)
      faults.push(`${high} high and ${critical} critical vulnerabilities: see npm audit in ${folder}`);
  }

  const signatures = read(npm(folder, 'audit', 'signatures')) as { invalid?: unknown[] };
  if (signatures.invalid === undefined) {
    process.stdout.write('The registry answers no signatures: they were not checked.\n');
  } else if (signatures.invalid.length > 0) {
    faults.push(
      `${signatures.invalid.length} packages with a wrong signature: see npm audit signatures in ${folder}`,
    );
  }
}

for (const fault of faults) process.stderr.write(`${fault}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;

import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';

/** The test files that a command of package.json runs, without its build. */
function filesOf(command: string, file: string): string[] {
  const args = ['run', '--silent', '--ignore-scripts', command, '--', file, '--listTests'];
  const { stdout } = spawnSync('npm', args, { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.endsWith('.test.ts'));
}

describe('a command that runs tests', () => {
  it.each([
    ['jest', 'test/stripe/retry-policy.test.ts'],
    ['test:unit', 'test/stripe/retry-policy.test.ts'],
    ['test:integration', 'test/journey/worked-examples.test.ts'],
    ['test:system', 'test/contract/start.test.ts'],
    ['test:plans', 'test/journey/worked-examples.test.ts'],
  ])('a command that runs tests runs only the file that it is given: npm run %s -- %s', (command, file) => {
    expect(filesOf(command, file)).toEqual([expect.stringMatching(new RegExp(`/${file}$`))]);
  });
});

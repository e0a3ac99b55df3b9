/*
 * `npm run check:generated`, after codegen: whether what was written to schema/ is what git has.
 */
import { spawnSync } from 'node:child_process';

const generated = ['schema/api.graphql', 'schema/customer-evaluations.graphql', 'schema/generated'];
const git = (...parameters: string[]): string => {
  const { status, stdout, stderr, error } = spawnSync('git', [...parameters, '--', ...generated], {
    encoding: 'utf8',
  });
  // Without an answer, such as in a checkout of another user, nothing would be stale.
  if (status !== 0) throw new Error(`git ${parameters[0]} failed: ${stderr ?? error?.message}`);
  return stdout.trim();
};

const stale = [git('diff', '--name-only'), git('ls-files', '--others', '--exclude-standard')].filter(Boolean);
if (stale.length > 0) {
  process.stderr.write(
    `${git('diff')}\nThe generated files in schema/ were out of date:\n${stale.join('\n')}\n` +
      'They are up to date now. Commit schema/ (or stage it with `git add schema`), then run the check again. ' +
      'After a change to the schema, run `npm run codegen` and commit its result.\n',
  );
  process.exitCode = 1;
}

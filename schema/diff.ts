import { readFileSync } from 'node:fs';
import { schemaChanges } from './changes.ts';

// `npm run schema:diff`: fails on what breaks those who rely on the released SDL, and names what may surprise them.
const [released = 'schema/released.graphql', current = 'schema/customer-evaluations.graphql'] =
  process.argv.slice(2);
const { breaking, dangerous } = schemaChanges(readFileSync(released, 'utf8'), readFileSync(current, 'utf8'));

for (const change of dangerous) process.stdout.write(`dangerous: ${change}\n`);
for (const change of breaking) process.stdout.write(`breaking: ${change}\n`);
if (breaking.length > 0) {
  process.stdout.write(
    `\nClients and supergraphs rely on ${released}: deprecate first, or release a new major version.\n`,
  );
  process.exitCode = 1;
} else if (dangerous.length === 0) {
  process.stdout.write(`Nothing in ${current} breaks or surprises whoever relies on ${released}.\n`);
}

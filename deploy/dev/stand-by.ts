/*
 * A process of `npm run dev`: loads the packages, and serves the sources as they are when it is asked to.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

const asked = once(process, 'message');
// It does not outlive who started it.
process.once('disconnect', () => process.exit());

const packageFile = new URL('../../package.json', import.meta.url);
const { dependencies } = JSON.parse(readFileSync(packageFile, 'utf8')) as { dependencies: object };
for (const name of Object.keys(dependencies)) await import(name);

await asked;
// A gateway that ends is not kept by the one who listens for its end.
process.channel?.unref();
await import('../../src/main.ts');

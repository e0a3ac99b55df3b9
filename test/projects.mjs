import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { testFiles } from './harness/speeds.ts';

// How each file is run is in package.json, where Stryker and single runs find it too.
const rootDir = path.resolve(import.meta.dirname, '..');
const { testTimeout, globalSetup, ...each } = JSON.parse(
  readFileSync(path.join(rootDir, 'package.json'), 'utf8'),
).jest;

// biome-ignore lint/style/noDefaultExport: Jest's configuration is a default export
export default {
  rootDir,
  testTimeout,
  // Jest's default is one fewer than there are cores. Most of the long tests wait more than they work.
  maxWorkers: availableParallelism() + 2,
  projects: Object.entries(testFiles()).map(([speed, files]) => ({
    ...each,
    rootDir,
    displayName: speed,
    testMatch: files.map((file) => `<rootDir>/${file}`),
    // Packages that some tests need are installed first. Unit tests need none.
    ...(speed === 'unit' ? {} : { globalSetup }),
  })),
};

import path from 'node:path';
import { installPackages } from '../../deploy/build/install-packages.ts';
import { packageFoldersOf, testFiles } from './speeds.ts';

// Imports are resolved before a test could install anything, so Jest calls this before all tests. Not TypeScript,
// because Jest would compile a globalSetup to CommonJS, and this package is an ES module.
// biome-ignore lint/style/noDefaultExport: Jest's globalSetup takes a default export
export default ({ rootDir, testPathPatterns, findRelatedTests }) => {
  const given = testPathPatterns.toExecutor({ rootDir });
  const { integration, system } = testFiles();
  // With --findRelatedTests the patterns name sources, so any test may run.
  const files = [...integration, ...system].filter(
    (file) => findRelatedTests || given.isMatch(path.join(rootDir, file)),
  );
  return Promise.all([...new Set(files.flatMap(packageFoldersOf))].map(installPackages));
};

import { installPackages } from '../../deploy/build/install-packages.ts';

// Imports are resolved before a test could install anything, so Jest calls this before all tests. Not TypeScript,
// because Jest would compile a globalSetup to CommonJS, and this package is an ES module.
// biome-ignore lint/style/noDefaultExport: Jest's globalSetup takes a default export
export default () =>
  Promise.all(
    [
      'test/browser',
      'test/cosmo',
      'test/deploy',
      'test/federation',
      'test/recheck',
      'test/stripe-preview',
    ].map(installPackages),
  );

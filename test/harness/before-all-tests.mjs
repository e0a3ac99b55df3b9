import { installPackages } from '../../deploy/build/install-packages.ts';

// Imports are resolved before any test could install anything, so Jest calls this before all tests. Not TypeScript:
// Jest would compile a globalSetup to CommonJS, which this package is not.
// biome-ignore lint/style/noDefaultExport: Jest's globalSetup takes a default export
export default () =>
  Promise.all(
    ['test/browser', 'test/cosmo', 'test/deploy', 'test/federation', 'test/stripe-preview'].map(
      installPackages,
    ),
  );

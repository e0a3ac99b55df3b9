import { expect, it } from '@jest/globals';
import { requireRuntime } from '../../src/start-up/runtime.ts';

it.each(['v20.20.2', 'v22.18.9', 'v18.0.0'])(
  'the gateway refuses to start on Node %s, and names the version that it needs',
  (version) => {
    expect(() => requireRuntime(version, '>=22.19')).toThrow(
      `Node 22.19 or later is required; this is ${version}. \`npm start\` uses the version that the project installs.`,
    );
  },
);

it.each(['v22.19.0', 'v22.20.1', 'v24.0.0', 'v26.10.0'])('the gateway starts on Node %s', (version) => {
  expect(() => requireRuntime(version, '>=22.19')).not.toThrow();
});

/*
 * esbuild plugins that keep a start from loading code that the gateway never runs.
 */
import type { Plugin } from 'esbuild';

/**
 * Entry points of CommonJS packages, in which esbuild cannot drop unused modules, with only what `src/` imports. If an
 * update moves a module, the build fails. An import that is missing here is undefined when the gateway starts.
 */
const entryPoints: Readonly<Record<string, string>> = {
  // Without fetch, caches and mocks. Its own index adds the methods of `lib/api` in the same way.
  undici: `
    Object.assign(require('./lib/dispatcher/dispatcher').prototype, require('./lib/api'));
    exports.Client = require('./lib/dispatcher/client');
    exports.EnvHttpProxyAgent = require('./lib/dispatcher/env-http-proxy-agent');
    exports.Pool = require('./lib/dispatcher/pool');
  `,
  // Without the clients of other stores than Redis.
  'rate-limiter-flexible': `
    exports.RateLimiterRedis = require('./lib/RateLimiterRedis');
    exports.RateLimiterRes = require('./lib/RateLimiterRes');
  `,
};

const smallEntryPoints: Plugin = {
  name: 'small-entry-points',
  setup: ({ onLoad }) => {
    for (const [name, contents] of Object.entries(entryPoints)) {
      onLoad({ filter: new RegExp(`/node_modules/${name}/index\\.js$`) }, () => ({ contents }));
    }
  },
};

// An ES module that imports node:http reads all of its exports, and the getter of `http.WebSocket` loads Node's own
// undici. `getBuiltinModule` reads none. A dynamic import would get no named exports this way, so it stays as it is.
const withoutNodesUndici: Plugin = {
  name: 'without-nodes-undici',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^(node:)?http$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? undefined : { path: 'node:http', namespace: 'built-in' },
    );
    onLoad({ filter: /^node:http$/, namespace: 'built-in' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}');`,
    }));
  },
};

export const leanStart: readonly Plugin[] = [smallEntryPoints, withoutNodesUndici];

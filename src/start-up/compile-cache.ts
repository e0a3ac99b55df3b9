// A default import: Node 20 lacks the named exports, and would fail before the version check.
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../config/package-info.ts';

/**
 * Caches V8's compiled code beside the source for the next start. If the directory is not writable, as in a container
 * with a read-only root, nothing is cached. `NODE_COMPILE_CACHE` names another directory. Source:
 * https://nodejs.org/api/module.html#module-compile-cache
 */
export function cacheCompiledCode(): void {
  module.enableCompileCache(fileURLToPath(new URL('dist/compiled', packageRoot)));
}

/** Writes the cache now: Node does so only at a normal exit. */
export function writeCompileCache(): void {
  module.flushCompileCache();
}

// As a whole: Node 20 lacks these names, and must get as far as saying that it is too old.
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../config/package-info.ts';

/**
 * Keeps what V8 makes of the code for the next start, beside the code: where it can't be written, as in a container
 * with a read-only root, nothing is kept. `NODE_COMPILE_CACHE` names another
 * place. Source: https://nodejs.org/api/module.html#module-compile-cache
 */
export function keepCompiled(): void {
  module.enableCompileCache(fileURLToPath(new URL('dist/compiled', packageRoot)));
}

/** Writes it now: node does so only at an orderly end. */
export function writeCompileCache(): void {
  module.flushCompileCache();
}

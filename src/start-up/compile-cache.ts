import { enableCompileCache, flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../config/package-info.ts';

/**
 * Keeps what V8 makes of the code for the next start, beside the code: where it can't be written, as in a container
 * with a read-only root, nothing is kept. `NODE_COMPILE_CACHE` names another
 * place. Source: https://nodejs.org/api/module.html#module-compile-cache
 */
export function keepCompiled(): void {
  enableCompileCache(fileURLToPath(new URL('dist/compiled', packageRoot)));
}

/** Writes it now: node does so only at an orderly end. */
export const writeCompileCache = flushCompileCache;

import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';

/**
 * Keeps what V8 makes of the code for the next start, beside the code: where it can't be written, as in a container
 * with a read-only root, nothing is kept. `NODE_COMPILE_CACHE` names another
 * place. Source: https://nodejs.org/api/module.html#module-compile-cache
 */
export function keepCompiled(): void {
  enableCompileCache(join(import.meta.dirname, '..', 'compiled'));
}

/** Writes it now: node does so only at an orderly end. */
export const writeCompileCache = flushCompileCache;

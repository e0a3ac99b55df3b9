import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Writes a file so that nobody sees it half-written. */
export function replace(file: string, contents: string | Uint8Array): void {
  const unfinished = path.join(path.dirname(file), `.${process.pid}-${path.basename(file)}`);
  writeFileSync(unfinished, contents);
  renameSync(unfinished, file);
}

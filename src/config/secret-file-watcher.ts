import { readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Secrets } from './settings.ts';

/** A secret that is held by a file. */
export interface SecretFile {
  /** The setting that it stands for. */
  readonly setting: keyof Secrets;
  readonly path: string;
  /** What it held when it was last read. */
  readonly text: string;
}

/** `renewed`: another secret is used; `refused`: it is gone or malformed, the old one stays; `restored`: as before. */
type SecretFileState = 'renewed' | 'refused' | 'restored';

export interface SecretFileUse {
  /** Uses the text from now on; answers false if it is not what the setting takes. */
  take(file: SecretFile, text: string): boolean;
  /** Told once for each change. */
  onState(file: SecretFile, state: SecretFileState): void;
}

const pollMs = 500;
const maxBytes = 16_384;

/** A secret's file, without the line end that editors add. Throws where it can't be read. */
export function readSecretFile(path: string): string {
  return readFileSync(path, 'utf8').trim();
}

/**
 * Reloads secrets when their files change, so that keys are rotated without a restart.
 *
 * It polls, because orchestrators swap a symbolic link some directories above the file, which file watchers miss. New
 * content counts only once two reads agree: a file written in place is incomplete for a moment, and half a key may look
 * like a key.
 */
export class SecretFiles {
  readonly #end = new AbortController();

  constructor(files: readonly SecretFile[], use: SecretFileUse) {
    for (const file of files) void this.#follow(file, withoutThrowing(use));
  }

  close(): void {
    this.#end.abort();
  }

  async #follow(file: SecretFile, use: SecretFileUse): Promise<void> {
    let used = file.text;
    let seen: string | undefined = file.text;
    let refused = false;
    const { signal } = this.#end;
    for (;;) {
      await delay(pollMs, undefined, { ref: false, signal }).catch(() => undefined);
      if (signal.aborted) return;
      const before: string | undefined = seen;
      seen = await readSecret(file.path);
      if (seen !== before) continue;
      if (seen === used) {
        if (refused) use.onState(file, 'restored');
        refused = false;
      } else if (seen !== undefined && use.take(file, seen)) {
        used = seen;
        refused = false;
        use.onState(file, 'renewed');
      } else {
        if (!refused) use.onState(file, 'refused');
        refused = true;
      }
    }
  }
}

// A renewed secret never ends a process that serves.
function withoutThrowing(use: SecretFileUse): SecretFileUse {
  return {
    take(file, text) {
      try {
        return use.take(file, text);
      } catch {
        return false;
      }
    },
    onState(file, state) {
      try {
        use.onState(file, state);
      } catch {
        // Nobody is left to tell.
      }
    },
  };
}

/** The text of a regular file of modest size; undefined for anything else. */
export async function readSecret(path: string): Promise<string | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path);
    const { size } = await handle.stat();
    return size > maxBytes ? undefined : (await handle.readFile('utf8')).trim();
  } catch {
    return undefined;
  } finally {
    await handle?.close().catch(() => undefined);
  }
}

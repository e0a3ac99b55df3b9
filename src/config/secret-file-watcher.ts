import { constants, readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Secrets } from './settings.ts';

/** A secret in a file. */
export interface SecretFile {
  /** The setting that it provides. */
  readonly setting: keyof Secrets;
  readonly path: string;
  /** Its content when it was last read. */
  readonly text: string;
}

/**
 * `renewed`: a new secret is in use; `refused`: the file is missing or invalid, the old secret stays in use;
 * `restored`: the file is valid again, with the old secret.
 */
type SecretFileState = 'renewed' | 'refused' | 'restored';

export interface SecretFileUse {
  /** Starts using the text; returns false if it is not valid for the setting. */
  apply(file: SecretFile, text: string): boolean;
  /** Called once for each change, with the file's text unless it can't be read. */
  onState(file: SecretFile, state: SecretFileState, text?: string): void;
}

const pollMs = 500;
const maxBytes = 16_384;

/** Reads a secret's file, without the line break that editors add. Throws if it can't be read. */
export function readSecretFile(path: string): string {
  return readFileSync(path, 'utf8').trim();
}

/**
 * Reloads secrets when their files change, so that keys are rotated without a restart.
 *
 * It polls, because orchestrators swap a symbolic link some directories above the file, which file watchers miss. New
 * content is used only once two reads agree: a file written in place is incomplete for a moment, and half a key may
 * look like a key.
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
      } else if (seen !== undefined && use.apply(file, seen)) {
        used = seen;
        refused = false;
        use.onState(file, 'renewed');
      } else {
        if (!refused) use.onState(file, 'refused', seen);
        refused = true;
      }
    }
  }
}

// A failed renewal of a secret must not end the process.
function withoutThrowing(use: SecretFileUse): SecretFileUse {
  return {
    apply(file, text) {
      try {
        return use.apply(file, text);
      } catch {
        return false;
      }
    },
    onState(file, state, text) {
      try {
        use.onState(file, state, text);
      } catch {
        // There is nowhere left to report it.
      }
    },
  };
}

/** The text of a regular file of at most 16 kB; undefined otherwise. */
export async function readSecret(path: string): Promise<string | undefined> {
  let handle: FileHandle | undefined;
  try {
    // A named pipe would otherwise keep a thread waiting for its writer, and the process with it (open(2), O_NONBLOCK).
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await handle.stat();
    return !stat.isFile() || stat.size > maxBytes ? undefined : (await handle.readFile('utf8')).trim();
  } catch {
    return undefined;
  } finally {
    await handle?.close().catch(() => undefined);
  }
}

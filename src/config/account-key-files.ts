import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { AccountKey, AccountKeys } from '../stripe/http/account-keys.ts';
import { parseSecret } from './config.ts';
import { readSecret } from './secret-file-watcher.ts';

/** A key is looked at again when it is used this long after it was last read. */
const freshMs = 1_000;
/** New content counts once two reads agree: a file written in place is incomplete for a moment. */
const secondReadMs = 200;
const maxKeys = 10_000;

interface KeyFile {
  key: AccountKey;
  readAt: number;
  reading: boolean;
  /** Whether what is in its place now is no key. */
  refused: boolean;
}

/**
 * The keys of single accounts, each in a file that is named after its account, as secret stores mount them. A file is
 * read when its account is first called for, and again while it is in use, so that keys are added, changed and removed
 * without a restart. The directory is never listed.
 */
export class AccountKeyFiles implements AccountKeys {
  readonly #directory: string;
  readonly #log: Logger;
  readonly #files = new LRUCache<string, KeyFile>({ max: maxKeys });

  constructor(directory: string, log: Logger) {
    this.#directory = directory;
    this.#log = log;
  }

  keyOf(account: string): AccountKey | Promise<AccountKey> {
    const file = this.#files.get(account);
    if (file === undefined) return this.#open(account);
    if (!file.reading && performance.now() - file.readAt > freshMs) void this.#readAgain(account, file);
    return file.key;
  }

  async #open(account: string): Promise<AccountKey> {
    const key = await this.#read(account);
    // Another call may have opened it meanwhile.
    const file = this.#files.get(account) ?? {
      key,
      readAt: performance.now(),
      reading: false,
      refused: key === 'malformed',
    };
    this.#files.set(account, file);
    if (key === 'malformed') this.#tell(account, 'refused');
    return file.key;
  }

  // Calls go on with the key that there is: nothing waits for this.
  async #readAgain(account: string, file: KeyFile): Promise<void> {
    file.reading = true;
    const first = await this.#read(account);
    if (!isSame(first, file.key)) {
      await delay(secondReadMs, undefined, { ref: false });
      const second = await this.#read(account);
      if (isSame(first, second)) this.#take(account, file, second);
    }
    file.readAt = performance.now();
    file.reading = false;
  }

  #take(account: string, file: KeyFile, key: AccountKey): void {
    // What is no key takes no key's place.
    const isRefused = key === 'malformed';
    if (!isRefused) this.#tell(account, key === 'none' ? 'removed' : 'renewed');
    else if (!file.refused) this.#tell(account, 'refused');
    file.refused = isRefused;
    if (!isRefused || typeof file.key !== 'object') file.key = key;
  }

  async #read(account: string): Promise<AccountKey> {
    const file = path.join(this.#directory, account);
    const text = await readSecret(file);
    // What is there and can't be read is no reason to use another key.
    if (text === undefined) return existsSync(file) ? 'malformed' : 'none';
    const key = parseSecret('STRIPE_SECRET_KEY', text);
    return typeof key === 'string' ? { key } : 'malformed';
  }

  #tell(stripeAccount: string, state: 'renewed' | 'removed' | 'refused'): void {
    const fields = { setting: 'STRIPE_SECRET_KEYS_DIR', stripeAccount, state };
    if (state === 'refused') this.#log.error(fields, 'the file of an account holds no key');
    else this.#log.info(fields, 'secret file reloaded');
  }
}

function isSame(one: AccountKey, other: AccountKey): boolean {
  if (typeof one === 'object' && typeof other === 'object') return one.key === other.key;
  return one === other;
}

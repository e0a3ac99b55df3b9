import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { AccountKey, AccountKeys } from '../stripe/http/account-keys.ts';
import { parseSecret } from './config.ts';
import { readSecret } from './secret-file-watcher.ts';
import { isLiveKey } from './setting-types.ts';

/** A key last read longer ago than this is read again when it is used. */
const freshMs = 1_000;
/** If the last read is older than this, the call waits for a new one: its account has made no calls since. */
const staleMs = 3_000;
/** Another key replaces one only once two reads agree: a file written in place is incomplete for a moment. */
const secondReadMs = 200;
const maxKeys = 10_000;

/** As a `SecretFileState`; `removed`: the account has no file any more. */
type KeyFileState = 'renewed' | 'refused' | 'restored' | 'removed';

interface KeyFile {
  key: AccountKey;
  readAt: number;
  /** The read in progress, which callers share. */
  reading: Promise<AccountKey> | undefined;
  /** Whether the file's current content is not a key. */
  refused: boolean;
}

/**
 * The accounts' own keys, each in a file named after its account, as secret stores mount them. A file is read on the
 * account's first call, and again while the account is in use, so that keys can be added, changed and removed without a
 * restart. The directory is never listed.
 */
export class AccountKeyFiles implements AccountKeys {
  readonly #directory: string;
  readonly #mode: 'live' | 'test';
  readonly #log: Logger;
  readonly #files = new LRUCache<string, KeyFile>({ max: maxKeys });

  /** `mode` is that of `STRIPE_SECRET_KEY`. Pages and logs show it, and so do v2's evaluations that lack `livemode`. */
  constructor(directory: string, mode: 'live' | 'test', log: Logger) {
    this.#directory = directory;
    this.#mode = mode;
    this.#log = log;
  }

  keyOf(account: string): AccountKey | Promise<AccountKey> {
    const file = this.#files.get(account);
    if (file === undefined) return this.#open(account);
    const age = performance.now() - file.readAt;
    if (age <= freshMs) return file.key;
    file.reading ??= this.#readAgain(account, file);
    return age <= staleMs ? file.key : file.reading;
  }

  async #open(account: string): Promise<AccountKey> {
    const key = await this.#read(account);
    // Another call may have added it meanwhile.
    const file = this.#files.get(account) ?? {
      key,
      readAt: performance.now(),
      reading: undefined,
      refused: key === 'malformed',
    };
    this.#files.set(account, file);
    if (key === 'malformed') this.#tell(account, 'refused');
    return file.key;
  }

  async #readAgain(account: string, file: KeyFile): Promise<AccountKey> {
    const first = await this.#read(account);
    if (isSame(first, file.key)) {
      if (file.refused && first !== 'malformed') this.#stateChanged(account, file, 'restored');
    } else if (first !== 'malformed' || !file.refused) {
      await delay(secondReadMs, undefined, { ref: false });
      const second = await this.#read(account);
      if (isSame(first, second)) this.#apply(account, file, second);
    }
    file.readAt = performance.now();
    file.reading = undefined;
    return file.key;
  }

  #apply(account: string, file: KeyFile, key: AccountKey): void {
    // Invalid content does not replace a key.
    const isRefused = key === 'malformed';
    if (!isRefused || typeof file.key !== 'object') file.key = key;
    this.#stateChanged(account, file, isRefused ? 'refused' : key === 'none' ? 'removed' : 'renewed');
  }

  #stateChanged(account: string, file: KeyFile, state: KeyFileState): void {
    file.refused = state === 'refused';
    this.#tell(account, state);
  }

  async #read(account: string): Promise<AccountKey> {
    const file = path.join(this.#directory, account);
    const text = await readSecret(file);
    // A file that exists but can't be read must not cause another key to be used.
    if (text === undefined) return existsSync(file) ? 'malformed' : 'none';
    const key = parseSecret('STRIPE_SECRET_KEY', text);
    return typeof key === 'string' && isLiveKey(key) === (this.#mode === 'live') ? { key } : 'malformed';
  }

  #tell(stripeAccount: string, state: KeyFileState): void {
    const fields = { setting: 'STRIPE_SECRET_KEYS_DIR', stripeAccount, state };
    if (state === 'refused') {
      this.#log.error(fields, `an account’s key file does not contain a valid ${this.#mode} key`);
    } else {
      this.#log.info(
        fields,
        state === 'removed' ? 'an account’s key file is removed' : 'secret file reloaded',
      );
    }
  }
}

function isSame(one: AccountKey, other: AccountKey): boolean {
  if (typeof one === 'object' && typeof other === 'object') return one.key === other.key;
  return one === other;
}

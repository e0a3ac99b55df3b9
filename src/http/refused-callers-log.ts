import type { Logger } from 'pino';

const intervalMs = 60_000;
// Authentication fails for a few dozen reasons, but many callers may be over their limit: bounds memory and log.
const maxReasons = 64;

interface Wording {
  /** The field that holds the reason. */
  readonly key: string;
  readonly first: string;
  readonly more: string;
}

const authenticationFailures: Wording = {
  key: 'reason',
  first: 'authentication failed',
  more: 'more authentication failures for the same reason',
};

/**
 * Logs refused callers: the first refusal per reason or caller immediately, the others as a count a minute later. A
 * thousand bad tokens cause two lines, not a thousand. At level `debug` each one is logged.
 */
export class RefusedCallersLog {
  readonly #log: Logger;
  readonly #wording: Wording;
  /** The number of failures for each reason since its last line. */
  readonly #repeats = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Logger, wording = authenticationFailures) {
    this.#log = log;
    this.#wording = wording;
  }

  refused(reason: string, fields: object): void {
    const { key, first } = this.#wording;
    const repeats = this.#repeats.get(reason);
    if (repeats === undefined && this.#repeats.size < maxReasons) {
      this.#repeats.set(reason, 0);
      this.#log.info({ ...fields, [key]: reason }, first);
    } else {
      if (repeats !== undefined) this.#repeats.set(reason, repeats + 1);
      this.#log.debug({ ...fields, [key]: reason }, first);
    }
    this.#timer ??= setTimeout(() => this.#sumUp(), intervalMs).unref();
  }

  /** Logs the pending counts. */
  close(): void {
    clearTimeout(this.#timer);
    this.#sumUp();
    clearTimeout(this.#timer);
  }

  #sumUp(): void {
    const { key, more } = this.#wording;
    for (const [reason, refused] of this.#repeats) {
      // After a minute without a failure, the next one is logged immediately again.
      if (refused === 0) this.#repeats.delete(reason);
      else {
        this.#repeats.set(reason, 0);
        this.#log.info({ [key]: reason, refused }, more);
      }
    }
    this.#timer = this.#repeats.size === 0 ? undefined : setTimeout(() => this.#sumUp(), intervalMs).unref();
  }
}

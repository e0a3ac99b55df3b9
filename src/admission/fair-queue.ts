/** A queued entry. */
interface Waiter {
  readonly caller: string;
  readonly admit: () => void;
  readonly refuse: () => void;
}

/** The part of a call that a queue needs. */
export interface Queued {
  readonly caller: string;
  /** Ends the wait when nobody waits for the call any more. */
  readonly signal: AbortSignal | undefined;
}

/** The wait ended without admission: the queue is full, the wait was too long, or the caller has disconnected. */
export class QueueRejectedError extends Error {
  override readonly name = 'QueueRejectedError';
}

/** Shared: under overload it is thrown thousands of times a second, and capturing a stack would dominate the cost. */
export const queueRejected = new QueueRejectedError();

/**
 * Splits a wait of at most `maxWaitMs`, which ends when `remainingMs` is used up, into steps for `FairQueue.wait`: returns
 * the next step in milliseconds. A pause of the process (garbage collection, the machine) counts as one step: otherwise
 * all waits would be over after it, before the process could admit anyone.
 */
export function inSteps(maxWaitMs: number, remainingMs = (): number => maxWaitMs): () => number {
  const stepMs = Math.ceil(maxWaitMs / 4);
  let leftMs = maxWaitMs;
  return () => {
    const next = Math.min(stepMs, leftMs, remainingMs());
    leftMs -= next;
    return next;
  };
}

/**
 * A fair queue: FIFO per caller, round-robin across callers, so that a noisy caller only delays itself. When full, the
 * newest entry of the longest queue is rejected immediately; of several equally long queues, the one whose turn comes
 * last.
 */
export class FairQueue {
  readonly #lines = new Map<string, Waiter[]>();
  #capacity: number;
  #size = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** Sets the maximum length, and rejects the surplus. */
  set capacity(capacity: number) {
    this.#capacity = capacity;
    this.#refuseSurplus();
  }

  /** Whether the next entry of this caller would be rejected immediately. */
  isFullFor(caller: string): boolean {
    return this.#size + 1 > this.#capacity && this.#longestWith(caller) === caller;
  }

  /**
   * Resolves on admission; rejects with `QueueRejectedError`. `nextMs` returns how many milliseconds to wait. It is
   * called again after that time, because the deadline may have moved or the wait may have several steps; less than 1
   * ends the wait.
   */
  wait({ caller, signal }: Queued, nextMs: () => number): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', refuse);
        this.#remove(waiter);
        settle();
      };
      const refuse = (): void => end(() => reject(queueRejected));
      const waiter: Waiter = { caller, admit: () => end(resolve), refuse };
      const timeIsUp = (): void => {
        const more = nextMs();
        if (more < 1) refuse();
        else timer = setTimeout(timeIsUp, more);
      };
      // Node warns about a negative time, which a deadline that ends at this moment would give.
      let timer = setTimeout(timeIsUp, Math.max(0, nextMs()));
      signal?.addEventListener('abort', refuse);
      this.#add(waiter);
      if (signal?.aborted) refuse();
      else this.#refuseSurplus();
    });
  }

  /** Admits the next entry; false if the queue is empty. */
  admitNext(): boolean {
    // A Map keeps the order of insertion: the first queue was served longest ago.
    const [next] = this.#lines;
    if (next === undefined) return false;
    const [caller, line] = next;
    line[0]?.admit();
    if (line.length > 0) {
      this.#lines.delete(caller);
      this.#lines.set(caller, line);
    }
    return true;
  }

  refuseAll(): void {
    for (const waiter of [...this.#lines.values()].flat()) waiter.refuse();
  }

  #add(waiter: Waiter): void {
    const line = this.#lines.get(waiter.caller);
    if (line === undefined) this.#lines.set(waiter.caller, [waiter]);
    else line.push(waiter);
    this.#size += 1;
  }

  // Once per entry: the first event that ends a wait removes the others.
  #remove(waiter: Waiter): void {
    const line = this.#lines.get(waiter.caller);
    line?.splice(line.indexOf(waiter), 1);
    this.#size -= 1;
    if (line?.length === 0) this.#lines.delete(waiter.caller);
  }

  #refuseSurplus(): void {
    while (this.#size > this.#capacity) {
      const caller = this.#longestWith();
      if (caller === undefined) return;
      this.#lines.get(caller)?.at(-1)?.refuse();
    }
  }

  /** The caller with the longest line, counting the entry that is `arriving`; of equally long ones, the last. */
  #longestWith(arriving?: string): string | undefined {
    let longest: string | undefined;
    let most = 0;
    for (const [caller, { length }] of this.#lines) {
      const entries = caller === arriving ? length + 1 : length;
      if (entries < most) continue;
      longest = caller;
      most = entries;
    }
    // A new line would be the last.
    return arriving !== undefined && most <= 1 && !this.#lines.has(arriving) ? arriving : longest;
  }
}

/** A queued entry. */
interface Waiter {
  readonly caller: string;
  readonly admit: () => void;
  readonly refuse: () => void;
}

/** The entries of one caller, oldest first. */
interface Line {
  readonly caller: string;
  readonly waiters: Waiter[];
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

// Shared instance: under overload it is thrown thousands of times a second, and capturing a stack would dominate the cost.
const queueRejected = new QueueRejectedError();

/**
 * A fair queue: FIFO per caller, round-robin across callers, so that a noisy caller only delays itself. When full, the
 * newest entry of the longest queue is rejected immediately; of several equally long queues, the one whose turn comes
 * last.
 */
export class FairQueue {
  /** In order of their turns: the first was served longest ago. */
  readonly #lines: Line[] = [];
  // Not a Map: see docs/develop.md, “Decisions”.
  readonly #lineOf: Record<string, Line> = Object.create(null);
  /** The maximum length; when it is lowered, the next arrival rejects the surplus. */
  capacity: number;
  #size = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** Resolves on admission; rejects with `QueueRejectedError`. */
  wait({ caller, signal }: Queued, maxWaitMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', refuse);
        this.#remove(waiter);
        settle();
      };
      const refuse = (): void => end(() => reject(queueRejected));
      const waiter: Waiter = { caller, admit: () => end(resolve), refuse };
      const timer = setTimeout(refuse, maxWaitMs);
      signal?.addEventListener('abort', refuse);
      this.#add(waiter);
      if (signal?.aborted) refuse();
      else while (this.#size > this.capacity) this.#newestOfLongest()?.refuse();
    });
  }

  /** Admits the next entry; false if the queue is empty. */
  admitNext(): boolean {
    const [line] = this.#lines;
    if (line === undefined) return false;
    line.waiters[0]?.admit();
    if (line.waiters.length > 0) {
      this.#lines.shift();
      this.#lines.push(line);
    }
    return true;
  }

  refuseAll(): void {
    for (const waiter of this.#lines.flatMap(({ waiters }) => waiters)) waiter.refuse();
  }

  #add(waiter: Waiter): void {
    const line = this.#lineOf[waiter.caller];
    if (line === undefined) {
      const added = { caller: waiter.caller, waiters: [waiter] };
      this.#lineOf[waiter.caller] = added;
      this.#lines.push(added);
    } else {
      line.waiters.push(waiter);
    }
    this.#size += 1;
  }

  // Once per entry: the first event that ends a wait removes the others.
  #remove(waiter: Waiter): void {
    const line = this.#lineOf[waiter.caller];
    if (line === undefined) return;
    line.waiters.splice(line.waiters.indexOf(waiter), 1);
    this.#size -= 1;
    if (line.waiters.length > 0) return;
    delete this.#lineOf[line.caller];
    this.#lines.splice(this.#lines.indexOf(line), 1);
  }

  #newestOfLongest(): Waiter | undefined {
    let longest: Waiter[] = [];
    for (const { waiters } of this.#lines) if (waiters.length >= longest.length) longest = waiters;
    return longest.at(-1);
  }
}

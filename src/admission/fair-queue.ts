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

// Shared instance: under overload it is thrown thousands of times a second, and capturing a stack would dominate the cost.
const queueRejected = new QueueRejectedError();

/**
 * A fair queue: FIFO per caller, round-robin across callers, so that a noisy caller only delays itself. When full, the
 * newest entry of the longest queue is rejected immediately; of several equally long queues, the one whose turn comes
 * last.
 */
export class FairQueue {
  readonly #lines = new Map<string, Waiter[]>();
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

  #newestOfLongest(): Waiter | undefined {
    let longest: Waiter[] = [];
    for (const line of this.#lines.values()) if (line.length >= longest.length) longest = line;
    return longest.at(-1);
  }
}

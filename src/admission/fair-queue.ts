/** One that waits to be let in. */
interface Waiter {
  readonly caller: string;
  readonly admit: () => void;
  readonly refuse: () => void;
}

export interface WaitingRules {
  readonly caller: string;
  readonly maxWaitMs: number;
  /** Ends the wait when the caller hangs up. */
  readonly signal: AbortSignal | undefined;
}

/** The wait ended without admission: the line is full, the wait too long, or the caller gone. */
export class QueueRejectedError extends Error {
  override readonly name = 'QueueRejectedError';
}

// One for all: under overload most are refused, and a stack that nobody reads costs more than the rest of it.
const queueRejected = new QueueRejectedError();

/**
 * Callers who wait, served in turn: each caller has a line of its own, so that a loud one waits behind itself.
 * Where there is no room, the newest of the longest line goes, at once; where several are as long, of the one whose
 * turn is the furthest off.
 */
export class FairQueue {
  readonly #lines = new Map<string, Waiter[]>();
  /** As many may wait; where it becomes less, the next one that comes has the surplus leave. */
  capacity: number;
  #size = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** Resolves when let in; rejects with `QueueRejectedError`. */
  wait({ caller, maxWaitMs, signal }: WaitingRules): Promise<void> {
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

  /** Lets the next one in; false where nobody waits. */
  admitNext(): boolean {
    // A Map keeps the order of insertion: the first line is the one that was served longest ago.
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

  // Once for each: whatever ends a wait first takes away what else could end it.
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

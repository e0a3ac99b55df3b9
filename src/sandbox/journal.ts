import type { FastifyRequest } from 'fastify';

/** A call as it arrived, and its response. */
export interface JournalEntry {
  /** The request, byte for byte, except its credentials. */
  readonly request: string;
  /** The response's status and body, or the fault in its place. */
  answer: string;
}

const maxKeys = 200;
const maxEntries = 10;
const maxCharacters = 16_384;

/** The first and the newest requests that the sandbox received under each idempotency key, for the playground. */
export class Journal {
  readonly #byKey = new Map<string, JournalEntry[]>();

  /** Records a call on arrival. Its response is added later. */
  note(key: string | undefined, request: FastifyRequest): JournalEntry {
    const entry = { request: textOf(request), answer: 'no answer yet' };
    if (key === undefined) return entry;
    const entries = this.#byKey.get(key) ?? [];
    // The first calls are kept, and the newest of the many reads that may follow.
    this.#byKey.set(key, [...entries.slice(0, maxEntries - 1), entry]);
    const [oldest] = this.#byKey.keys();
    if (this.#byKey.size > maxKeys && oldest !== undefined) this.#byKey.delete(oldest);
    return entry;
  }

  under(key: string): readonly JournalEntry[] {
    return this.#byKey.get(key) ?? [];
  }
}

function textOf({ raw, body }: FastifyRequest): string {
  const headers = [];
  for (let index = 0; index < raw.rawHeaders.length; index += 2) {
    const [name = '', value = ''] = raw.rawHeaders.slice(index, index + 2);
    headers.push(`${name}: ${/^authorization$/i.test(name) ? withoutSecret(value) : value}`);
  }
  const head = `${raw.method} ${raw.url} HTTP/${raw.httpVersion}\r\n${headers.join('\r\n')}`;
  return `${withoutExcess(head)}\r\n\r\n${withoutExcess(String(body ?? ''))}`;
}

/** The text, or a note instead if it is too long. */
export function withoutExcess(text: string): string {
  return text.length > maxCharacters ? `(${text.length} characters, too many to keep)` : text;
}

function withoutSecret(credentials: string): string {
  return `${credentials.split(' ', 1)[0]} •••`;
}

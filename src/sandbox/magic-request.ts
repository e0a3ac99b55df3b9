import { setTimeout as delay } from 'node:timers/promises';
import { isFaultWord } from './fault-picker.ts';
import { type Completion, type MagicCase, magicCases, type SandboxError } from './magic-values.ts';
import type { SandboxResponse } from './response.ts';
import type { SentString } from './sent-strings.ts';
import { v2MagicCases } from './v2/magic-values.ts';

export type SandboxApi = 'v1' | 'v2';

/** All cases that the words in one request choose. */
export interface MagicRequest extends Omit<MagicCase, 'does' | 'onV2'> {
  readonly delayMs: number;
  /** The parameter that holds the word for an error. */
  readonly errorParam?: string | undefined;
  /** The words for reads of the created evaluation. */
  readonly onRead?: string;
}

const maxDelayMs = 60_000;

/** Reads the words in a request's strings. A word that the API does not have is returned as `unknownWord`. */
function readMagicWords(
  strings: readonly SentString[],
  api: SandboxApi,
): MagicRequest | { unknownWord: string; param: string | undefined } {
  let request: MagicRequest = { delayMs: 0 };
  for (const { param, value } of strings) {
    for (const [, word = ''] of value.matchAll(/sandbox_([a-z0-9_]+)/g)) {
      const asked = readMagicWord(word, api);
      if (asked === undefined) return { unknownWord: word, param };
      const onRead = [request.onRead, asked.onRead].filter((words) => words !== undefined).join(' ');
      request = { ...request, ...asked, onRead, ...(asked.error === undefined ? {} : { errorParam: param }) };
    }
  }
  return request;
}

/** The case of a word; empty for a fault, which `FaultPicker` handles. */
function readMagicWord(word: string, api: SandboxApi): Partial<MagicRequest> | undefined {
  const [, read] = /^read_(.+)$/.exec(word) ?? [];
  if (read !== undefined) return appliesToReads(read, api) ? { onRead: `sandbox_${read}` } : undefined;
  const [, delayMs] = /^delay_(\d{1,6})(?:ms)?$/.exec(word) ?? [];
  if (delayMs !== undefined) return { delayMs: Math.min(Number(delayMs), maxDelayMs) };
  const completion = api === 'v2' ? completionOf(word) : undefined;
  if (completion !== undefined) return { completion };
  if (isFaultWord(word)) return {};
  const cases = casesOf(api);
  if (!Object.hasOwn(cases, word)) return undefined;
  const { does: _, ...magic } = onApi(api, cases[word] as MagicCase);
  return magic;
}

function appliesToReads(word: string, api: SandboxApi): boolean {
  const asked = word.startsWith('read_') ? undefined : readMagicWord(word, api);
  return isFaultWord(word) || asked?.error !== undefined || asked?.delayMs !== undefined;
}

/** `pending_1000`: 1,000 ms after the creation; `pending_reads_2`: at the second read. */
function completionOf(word: string): Completion | undefined {
  const [, unit, count] = /^pending_(reads_)?(\d{1,6})$/.exec(word) ?? [];
  if (count === undefined) return undefined;
  return unit === undefined ? { afterMs: Number(count) } : { atRead: Number(count) };
}

/** The fixed words of an API. */
export function casesOf(api: SandboxApi): Readonly<Record<string, MagicCase>> {
  return api === 'v2' ? { ...magicCases, ...v2MagicCases } : magicCases;
}

/** The case of a word on an API. */
export function onApi(api: SandboxApi, { onV2, ...magic }: MagicCase): MagicCase {
  return api === 'v2' ? { ...magic, ...onV2 } : magic;
}

/** An API's responses to the magic words. */
export interface MagicDialect {
  readonly api: SandboxApi;
  /** The response to an unknown word. */
  unknownWord(message: string, param: string | undefined): SandboxResponse;
  error(error: SandboxError, param: string | undefined): SandboxResponse;
}

/** Applies the words in the strings, and runs `work` unless a word prevents it. */
export async function withMagic(
  strings: readonly SentString[],
  dialect: MagicDialect,
  work: (magic: MagicRequest) => SandboxResponse,
): Promise<SandboxResponse> {
  const magic = readMagicWords(strings, dialect.api);
  if ('unknownWord' in magic) {
    const { unknownWord, param } = magic;
    const hint = Object.hasOwn(v2MagicCases, unknownWord) || completionOf(unknownWord) !== undefined;
    const others = `only ${Object.keys(casesOf(dialect.api)).join(', ')} and delay_<milliseconds>`;
    const message = `The sandbox has no case sandbox_${unknownWord}, ${hint ? 'except on v2' : others}.`;
    return dialect.unknownWord(message, param);
  }
  if (magic.delayMs > 0) await delay(magic.delayMs);
  return magic.error === undefined ? work(magic) : dialect.error(magic.error, magic.errorParam);
}

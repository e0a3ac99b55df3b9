/**
 * Why something that the gateway can do without has failed, in one word that is safe to log: Node's or the library's
 * code (`ECONNREFUSED`), Redis' (`WRONGPASS`), an HTTP status (`status 503`), `timeout`, `disconnected`, or `protocol`
 * for a server that is no Redis. Never the message, which may quote a URL, a password or an answer.
 */
export function failureReason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code } = error as { code?: unknown };
  if (Number.isInteger(code) && Number(code) >= 100 && Number(code) < 600) return `status ${code}`;
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,63}$/.test(code)) return code;
  if (/time(d )?-?out/i.test(error.message)) return 'timeout';
  if (/not ready|is closed|isn't writeable|connection close|max retries/i.test(error.message))
    return 'disconnected';
  // ioredis: the server's bytes are not Redis', or are more replies than commands.
  if (/RESP type|queue state/.test(error.message)) return 'protocol';
  // Redis begins each error with its kind; within a script it stands later (`… script: …, -READONLY …`).
  return redisErrorIn(error.message) ?? (/^[A-Z]\w{0,63}$/.test(error.name) ? error.name : 'Error');
}

function redisErrorIn(message: string): string | undefined {
  return (
    /^([A-Z]{3,32}) /.exec(message)?.[1] ??
    /(?<![A-Z])-?(READONLY|OOM|LOADING|MASTERDOWN)\b/.exec(message)?.[1]
  );
}

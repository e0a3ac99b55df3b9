/**
 * Why an optional dependency failed, in one or two words that are safe to log: the code of Node or a library
 * (`ECONNREFUSED`) or of Redis (`WRONGPASS`), an HTTP status (`status 503`), `timeout`, `disconnected`, or `protocol`
 * for a server that does not speak Redis. Never the message, which may quote a URL, a password or a response.
 */
export function failureReason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code } = error as { code?: unknown };
  if (Number.isInteger(code) && Number(code) >= 100 && Number(code) < 600) return `status ${code}`;
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,63}$/.test(code)) return code;
  if (/time(d )?-?out/i.test(error.message)) return 'timeout';
  if (/not ready|is closed|isn't writeable|connection close|max retries/i.test(error.message))
    return 'disconnected';
  // ioredis: the server does not speak Redis' protocol, or sent more replies than there were commands.
  if (/RESP type|queue state/.test(error.message)) return 'protocol';
  // A Redis error begins with its kind; an error within a script contains it later (`… script: …, -READONLY …`).
  return redisErrorIn(error.message) ?? (/^[A-Z]\w{0,63}$/.test(error.name) ? error.name : 'Error');
}

function redisErrorIn(message: string): string | undefined {
  return (
    /^([A-Z]{3,32}) /.exec(message)?.[1] ??
    /(?<![A-Z])-?(READONLY|OOM|LOADING|MASTERDOWN)\b/.exec(message)?.[1]
  );
}

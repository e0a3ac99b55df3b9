import { type DestinationStream, type Logger, pino } from 'pino';

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * The log: one JSON line for each operation and each problem, on stdout. It is never given input values; the
 * redaction is a safety net for future mistakes.
 */
export function createLog(level: LogLevel, destination: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), log: withoutPersonalFields },
    hooks: { streamWrite: withoutPersonalData },
  };
  return pino(options, { write: (line) => writeOrDrop(destination, line) });
}

// A failing log target must not fail the operation. Targets count the lines that they drop.
function writeOrDrop(destination: DestinationStream, line: string): void {
  try {
    destination.write(line);
  } catch {
    // There is nowhere left to report it.
  }
}

/** Redacts everything in a log line that looks like a secret or personal data. */
function withoutPersonalData(line: string): string {
  // Skipped without an `@`, because this search takes ten times as long as all the others. Runs first: an address may
  // contain another pattern, and redacting that would leave the part before the `@`.
  const kept = line.includes('@') ? line.replace(mailAddresses, '[redacted]') : line;
  return kept.replace(personalDataPatterns, '[redacted]');
}

// Also matches the user and password of a URL, with its host. Matches only from the start of a word: otherwise a long
// word without an `@` would be scanned again from each of its characters.
const mailAddresses = /(?<![^\s"'<>(),;:\\/])[^\s"'<>(),;:\\/]+@[\w.-]+/g;

const personalDataPatterns = new RegExp(
  [
    // Tokens of issuers (a part is enough, so that long texts are not scanned in vain), of Stripe, and of sessions.
    String.raw`\beyJ[\w-]{6}[\w.-]*`,
    String.raw`\b(?:(?:[sr]k|sk_org)_(?:test|live)|rse|whsec)_\w+`,
    String.raw`\b(?:Bearer|Basic) [\w.~+/=-]+`,
    // Telephone numbers in E.164 format.
    String.raw`\+\d{7,15}\b`,
    // IP addresses, except the one that the gateway listens on.
    String.raw`(?<!:\/\/)\b(?:\d{1,3}\.){3}\d{1,3}\b`,
  ].join('|'),
  'gi',
);

/**
 * Removes fields with names of personal data, at any depth. Not by pino's redaction, which follows every configured
 * path in every line and cost as much as writing the line.
 */
function withoutPersonalFields(fields: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (personalNames.has(name)) kept[name] = '[redacted]';
    else kept[name] = isPlainObject(value) ? withoutPersonalFields(value) : value;
  }
  return kept;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

const personalNames: ReadonlySet<string> = new Set([
  'authorization',
  'variables',
  'email',
  'name',
  'phone',
  'ip',
  'referrer',
  'userAgent',
  'user_agent',
  'customer',
  'radarSession',
  'radar_session',
  'secretKey',
]);

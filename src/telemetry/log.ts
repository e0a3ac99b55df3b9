import { type DestinationStream, type Logger, pino } from 'pino';

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * The log: one JSON line for each operation and each problem, on stdout. Nothing that a person or client wrote
 * is ever given to it; the redaction is a net beneath, for what a later hand might.
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

// A log target that fails must not fail what is logged. Targets count what they drop by themselves.
function writeOrDrop(destination: DestinationStream, line: string): void {
  try {
    destination.write(line);
  } catch {
    // Nowhere is left to say so.
  }
}

/** Takes out of a written line whatever looks like a secret or a person's own, wherever it stands. */
function withoutPersonalData(line: string): string {
  // Without the sign there is no address to look for, and looking takes ten times as long as for all the rest. First,
  // since an address may have another kind in it: taken out, that would leave what stands before the sign.
  const kept = line.includes('@') ? line.replace(mailAddresses, '[redacted]') : line;
  return kept.replace(personalLooks, '[redacted]');
}

// Also the user and password of a URL, with its host. Begins only where a word does: begun anywhere, a long word without
// the sign would be read again from each of its characters.
const mailAddresses = /(?<![^\s"'<>(),;:\\/])[^\s"'<>(),;:\\/]+@[\w.-]+/g;

const personalLooks = new RegExp(
  [
    // Tokens: of issuers (also a part of one, so that no text is read to its end in vain), of Stripe, of sessions.
    String.raw`\beyJ[\w-]{6}[\w.-]*`,
    String.raw`\b(?:[sr]k_(?:test|live)|rse|whsec)_\w+`,
    String.raw`\b(?:Bearer|Basic) [\w.~+/=-]+`,
    // Telephone numbers as E.164 writes them.
    String.raw`\+\d{7,15}\b`,
    // Addresses, but for the one that the gateway says it listens on.
    String.raw`(?<!:\/\/)\b(?:\d{1,3}\.){3}\d{1,3}\b`,
  ].join('|'),
  'gi',
);

/**
 * Takes out the fields that have a personal name, at any depth. By hand: pino's own redaction looks along every
 * path it is given, in every line, which cost as much as writing the line.
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

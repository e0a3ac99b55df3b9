import { type DestinationStream, type Logger, pino } from 'pino';

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * The log: one JSON line for each operation and each problem, on stdout. Nothing that a person or client wrote
 * is ever given to it; the redaction is a net beneath, for what a later hand might.
 */
export function createLog(level: LogLevel, destination: DestinationStream = process.stdout): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: personalPaths, censor: '[redacted]' },
  };
  return pino(options, destination);
}

const personalNames = [
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
];
const personalPaths = personalNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

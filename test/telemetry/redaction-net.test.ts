import { describe, expect, it } from '@jest/globals';
import { createLog } from '../../src/telemetry/log.ts';

/** The log line of a text. */
function written(text: string): string {
  let line = '';
  createLog('info', { write: (written) => (line += written) }).info({ text }, 'said');
  return line;
}

describe('the net beneath the log', () => {
  it.each([
    ['an address', 'to jenny@example.com now'],
    ['an address behind a sign', '<jenny@example.com>'],
    ['an address within another', 'jenny@home@example.com'],
    ['an address behind 20,000 letters', `${'x'.repeat(20_000)}jenny@example.com`],
    ['a token', 'eyJjenny0.eyJjenny1.jenny2'],
    ['a part of a token', 'eyJjenny0123'],
    ['a token behind many that are none', `${'eyJ-'.repeat(5_000)}eyJjenny0.eyJjenny1.jenny2`],
  ])('the redaction of the log removes %s', (_, text) => {
    expect(written(text)).not.toMatch(/jenny/);
    expect(written(text)).toContain('[redacted]');
  });

  it.each(['UND_ERR_SOCKET', 'x@', '@ home', 'eyJ', '/v1/radar/customer_evaluations'])(
    'the redaction of the log keeps text that only looks similar: %s',
    (text) => {
      expect(written(text)).toContain(`"text":"${text}"`);
    },
  );
});

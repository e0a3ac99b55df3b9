import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createLog } from '../../src/telemetry/log.ts';
import { sourceFiles } from '../harness/source-files.ts';

/** The log line of a text. */
function written(text: string): string {
  let line = '';
  createLog('info', { write: (written) => (line += written) }).info({ text }, 'said');
  return line;
}

/** Files with texts for callers or a terminal, which may name an address as an example, and are not logged. */
const notLogged = /^(pages|sandbox)\/|^config\/setting|^(errors|start-up)\/.*-error\.ts$/;

/** The texts of more than one word in the sources: messages and reasons of log lines, and many that are not logged. */
const fixedTexts = sourceFiles()
  .filter((file) => !notLogged.test(file))
  .flatMap((file) => {
    const code = readFileSync(path.join('src', file), 'utf8').replace(
      /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*/g,
      '',
    );
    return [...code.matchAll(/'([^'\n]+)'|`([^`]+)`/g)].map(([, text, template]) => text ?? template ?? '');
  })
  .filter((text) => text.includes(' '));

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

  it('the redaction of the log keeps each fixed text of the gateway, such as why a token is refused', () => {
    expect(fixedTexts).toEqual(
      expect.arrayContaining([
        'no Authorization header',
        'x-router-secret matches no secret in ROUTER_SECRET',
        'authentication failed',
        'a caller header is blank or appears twice',
        'unrecognized settings, check the spelling',
      ]),
    );
    expect(fixedTexts.filter((text) => written(text).includes('[redacted]'))).toEqual([]);
  });
});

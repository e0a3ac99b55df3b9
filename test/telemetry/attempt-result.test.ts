import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { failureCodes } from '../../src/errors/error-codes.ts';
import { attemptResult } from '../../src/telemetry/attempt-result.ts';

describe('the label of an attempt', () => {
  it.each([
    [200, undefined, '200'],
    [418, undefined, '4xx'],
    [undefined, 'ECONNREFUSED', 'no_connection'],
    [undefined, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
    [undefined, 'ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    [undefined, 'TOO_MANY_CHUNKS', 'unreadable'],
    [undefined, 'HPE_INVALID_CONSTANT', 'unreadable'],
    [undefined, 'whatever Node may call it', 'other'],
  ])('the label of an attempt with the status %s and the error %s is %s', (status, error, label) => {
    expect(attemptResult(status, error)).toBe(label);
  });
});

describe('the page for those on call', () => {
  const page = readFileSync('docs/on-call.md', 'utf8');

  it('the page for those on call names each result of an attempt', () => {
    const source = readFileSync('src/telemetry/attempt-result.ts', 'utf8');
    const reasons = [...source.matchAll(/'([a-z_]+)'/g)].map(([, reason = '']) => reason);
    const statuses = Array.from({ length: 400 }, (_, index) => attemptResult(200 + index, undefined));
    const results = new Set([...reasons, ...statuses]);
    // An attempt that was not made has a metric of its own.
    results.delete('breaker_open');
    expect([...results]).toEqual(expect.arrayContaining(['timeout', 'unreadable', 'other', '424', '3xx']));
    expect([...results].filter((result) => !page.includes(`\`${result}\``))).toEqual([]);
  });

  it('the page for those on call names each code that is the upstream’s fault', () => {
    const codes = Object.entries(failureCodes).filter(([, { fault }]) => fault === 'upstream');
    expect(codes.length).toBeGreaterThan(3);
    expect(codes.map(([code]) => code).filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });
});

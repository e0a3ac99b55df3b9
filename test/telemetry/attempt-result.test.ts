import { describe, expect, it } from '@jest/globals';
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

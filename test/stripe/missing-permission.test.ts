import { describe, expect, it } from '@jest/globals';
import { errorOfResponse } from '../../src/stripe/http/error-mapping.ts';

const refusal = (message: unknown) =>
  errorOfResponse({
    status: 403,
    headers: { 'content-type': 'application/json', 'request-id': 'req_1' },
    text: JSON.stringify({ error: { type: 'invalid_request_error', message } }),
  });

// Stripe's wording (stripe/stripe-node, issue 2246).
const worded = (permission: string) =>
  `The provided key 'rk_test_****canary' does not have the required permissions for this endpoint on account 'acct_canary'. Having the '${permission}' permission would allow this request to continue.`;

describe('A restricted key that lacks a permission', () => {
  it('A restricted key that lacks a permission is logged with the permission’s name, and nothing else of the message', () => {
    const { code, operatorNote, message } = refusal(worded('rak_customer_read'));
    expect(code).toBe('UPSTREAM_REFUSED');
    expect(operatorNote).toMatch(/the key lacks the permission rak_customer_read$/);
    expect(operatorNote).not.toContain('canary');
    expect(message).not.toContain('rak_');
  });

  it('A restricted key that lacks a permission is logged with all permissions that the message names, up to five', () => {
    const names = ['rak_a', 'rak_b', 'rak_c', 'rak_d', 'rak_e', 'rak_f'];
    expect(refusal(`It lacks ${names.join(', ')}.`).operatorNote).toMatch(
      /rak_a, rak_b, rak_c, rak_d, rak_e$/,
    );
  });

  it.each([undefined, null, 7, [], '', worded('customer_read'), worded('rak_Jenny Rosen'), worded('rak_é')])(
    'A restricted key that lacks a permission is logged with our own message if Stripe’s names none: %j',
    (message) => {
      expect(refusal(message).operatorNote).toMatch(/the key lacks a permission for customer evaluations/);
    },
  );

  it('A restricted key that lacks a permission is never logged for another status', () => {
    const { operatorNote } = errorOfResponse({
      status: 401,
      headers: { 'request-id': 'req_1' },
      text: JSON.stringify({ error: { message: worded('rak_customer_read') } }),
    });
    expect(operatorNote).not.toContain('rak_');
  });
});

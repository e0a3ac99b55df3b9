import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeForm, type FormHash } from '../../src/stripe/http/form-encoding.ts';
import { decodeForm, formHash } from '../harness/forms.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';
import { stripeReleased } from '../stripe-preview/sdk.ts';

describe('the form beside the one that Stripe’s own SDK sends', () => {
  let upstream: RecordingUpstream;
  let stripe: ReturnType<typeof stripeReleased>;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    upstream.answer(200, {});
    stripe = stripeReleased(upstream.url, 'sk_test_1');
  });
  afterAll(() => upstream.close());

  const sentBySdk = async (params: FormHash): Promise<string> => {
    upstream.requests.length = 0;
    await stripe.rawRequest('POST', '/v1/radar/customer_evaluations', params as Record<string, unknown>);
    expect(upstream.requests).toHaveLength(1);
    return upstream.requests[0]?.body ?? '';
  };

  it('the form beside the one that Stripe’s own SDK sends means the same', async () => {
    await fc.assert(
      fc.asyncProperty(formHash, async (params) => {
        expect(decodeForm(encodeForm(params))).toEqual(decodeForm(await sentBySdk(params)));
      }),
    );
  });

  // The SDK leaves every bracket unencoded, also those that a person wrote. Both mean the same, but encoded brackets
  // cannot be mistaken for structure.
  it('the form beside the one that Stripe’s own SDK sends is the same byte for byte, but for brackets in a value', async () => {
    await fc.assert(
      fc.asyncProperty(formHash, async (params) => {
        const bared = encodeForm(params).replaceAll('%5B', '[').replaceAll('%5D', ']');
        expect(bared).toBe(await sentBySdk(params));
      }),
    );
  });
});

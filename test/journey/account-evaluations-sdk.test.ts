import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { startTestGateway, type TestGateway, upstreamAt } from '../harness/gateway.ts';
import { type RecordingUpstream, startRecordingUpstream } from '../harness/recording-upstream.ts';
import { wellFormedText } from '../harness/texts.ts';
import { stripePreview } from '../stripe-preview/sdk.ts';

/*
 * Stripe's SDK, in the beta with v2 signals, as an oracle: for each input, the gateway sends what a program with the
 * SDK sends, byte for byte except for idempotency key and user agent.
 */
const text = wellFormedText.filter((value) => value !== '' && !value.includes('\0'));
const optional = fc.option(text, { nil: undefined });
const client = fc.oneof(
  fc.record({ radarSession: text }),
  fc.record({ data: fc.record({ ip: text, referrer: optional, userAgent: optional }) }),
);
const input = fc.record({
  eventType: fc.constantFrom('LOGIN' as const, 'REGISTRATION' as const),
  customer: text,
  client: fc.option(client, { nil: undefined }),
  clientFirst: fc.boolean(),
});

const mutation = `mutation ($input: CreateCustomerEvaluationInput!) {
  createCustomerEvaluation(input: $input) { errors { code } }
}`;

describe('a creation on v2', () => {
  let upstream: RecordingUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    gateway = await startTestGateway(
      upstreamAt(upstream.url, {
        STRIPE_API: 'v2',
        RATE_LIMIT_PER_MINUTE: 'off',
        RATE_LIMIT_PER_ADDRESS_PER_MINUTE: 'off',
      }),
    );
    upstream.handle((response, { body }) => {
      const { requested_signals } = JSON.parse(body);
      const evaluation = {
        id: 'acctevl_1',
        object: 'v2.signals.account_evaluation',
        created: '2026-11-26T10:00:00Z',
        requested_signals,
        pending_signals: [],
      };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(evaluation));
    });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('a creation on v2 is sent as Stripe’s SDK sends it, whatever the input', async () => {
    const stripe = stripePreview(upstream.url, 'sk_test_oracle');
    await fc.assert(
      fc.asyncProperty(input, async ({ eventType, customer, client: clientDetails, clientFirst }) => {
        upstream.requests.length = 0;
        const entries = [{ customerDetails: { customer } }, ...(clientDetails ? [{ clientDetails }] : [])];
        const evaluationContext = clientFirst ? entries.toReversed() : entries;
        const { data } = await gateway.send(mutation, { input: { eventType, evaluationContext } });
        expect(data.createCustomerEvaluation.errors).toEqual([]);

        const details =
          clientDetails &&
          ('data' in clientDetails
            ? {
                data: {
                  ip: clientDetails.data.ip,
                  ...(clientDetails.data.referrer === undefined
                    ? {}
                    : { referrer: clientDetails.data.referrer }),
                  ...(clientDetails.data.userAgent === undefined
                    ? {}
                    : { user_agent: clientDetails.data.userAgent }),
                },
              }
            : { radar_session: clientDetails.radarSession });
        const isLogin = eventType === 'LOGIN';
        const attempt = details && {
          data: isLogin
            ? { type: 'login_attempt' as const, login_attempt: { client_details: details } }
            : { type: 'registration_attempt' as const, registration_attempt: { client_details: details } },
        };
        await stripe.v2.signals.accountEvaluations.create({
          account_details: { customer },
          requested_signals: [isLogin ? 'user_account_sharing' : 'user_multi_accounting'],
          ...(attempt === undefined ? {} : { account_activity_details: attempt }),
        });
        const [ours, sdks] = upstream.requests.map(({ method, url, headers, body }) => ({
          method,
          url,
          body,
          type: headers['content-type'],
        }));
        expect(ours).toEqual(sdks);
      }),
      { numRuns: 100 },
    );
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';

/*
 * The shipped operations, sent unchanged to a gateway in front of each of Stripe's APIs in the built-in sandbox.
 */
const operation = (name: string): string => readFileSync(`schema/operations/${name}.graphql`, 'utf8');

const stages = [
  { api: 'v1', version: '2026-03-04.preview', retrieves: false, id: /^ceval_/ },
  { api: 'v1', version: '2026-09-30.preview', retrieves: true, id: /^ceval_/ },
  { api: 'v2', version: '2026-08-26.preview', retrieves: true, id: /^acctevl_/ },
  { api: 'v2', version: '2026-09-30.preview', retrieves: true, id: /^acctevl_/ },
];

describe.each(stages)(
  'a frontend before STRIPE_API=$api with version $version',
  ({ api, version, retrieves, id }) => {
    it('a frontend creates, reads and reports with the same documents', async () => {
      const gateway: TestGateway = await startTestGateway({ STRIPE_API: api, STRIPE_API_VERSION: version });
      try {
        const variables = { radarSession: 'rse_1', customer: 'cus_1', idempotencyKey: 'an attempt' };
        const created = (await gateway.send(operation('evaluate-login'), variables)).data
          .createCustomerEvaluation;
        expect(created).toMatchObject({
          errors: [],
          customerEvaluation: {
            id: expect.stringMatching(id),
            pendingSignals: [],
            signals: { __typename: 'LoginSignals', accountSharing: { score: expect.any(Number) } },
          },
        });
        const evaluationId = created.customerEvaluation.id;

        const read = await gateway.send(operation('customer-evaluation'), { id: evaluationId });
        if (retrieves) {
          expect(read.data.customerEvaluation).toMatchObject({
            id: evaluationId,
            eventType: 'LOGIN',
            signals: { accountSharing: { score: created.customerEvaluation.signals.accountSharing.score } },
          });
        } else expect(read.errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNSUPPORTED' } }]);

        const report = { outcome: { status: 'BLOCKED', eventType: 'LOGIN' } };
        const reported = await gateway.send(operation('report-customer-evaluation'), {
          id: evaluationId,
          report,
        });
        expect(reported.data.reportCustomerEvaluation).toMatchObject({
          errors: [],
          warnings: [],
          customerEvaluation: { id: evaluationId },
        });
      } finally {
        await gateway.close();
      }
    });
  },
);

import type { CustomerEvaluationReportInput } from '../../../../schema/generated/customer-evaluations.ts';
import type { PageInfo } from '../../page-info.ts';
import type { Kind } from './attempt.ts';

/** The possible outcomes of an attempt, as reports for the upstream's version. */
export function outcomesOf(
  kind: Kind,
  reports: PageInfo['reports'],
): [string, CustomerEvaluationReportInput][] {
  if (reports === 'outcomes') {
    return [
      ['Allowed', { outcome: { status: 'ALLOWED' } }],
      ['Restricted', { outcome: { status: 'RESTRICTED' } }],
      ['Blocked', { outcome: { status: 'BLOCKED' } }],
    ];
  }
  switch (kind) {
    case 'Sign-up':
      return [
        ['Sign-up succeeded', { registrationSucceeded: {} }],
        [
          'Failed, suspected multi-accounting',
          { registrationFailed: { reason: 'SUSPECTED_MULTI_ACCOUNTING' } },
        ],
        ['Failed, other reason', { registrationFailed: { reason: 'OTHER' } }],
      ];
    case 'Log-in':
      return [
        ['Log-in succeeded', { loginSucceeded: 'OCCURRED' }],
        ['Failed, suspected account sharing', { loginFailed: { reason: 'SUSPECTED_ACCOUNT_SHARING' } }],
        ['Failed, other reason', { loginFailed: { reason: 'OTHER' } }],
      ];
  }
}

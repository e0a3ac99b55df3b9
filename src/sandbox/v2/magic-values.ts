import type { MagicCase, SandboxError } from '../magic-values.ts';

const refuses = (does: string, error: SandboxError): MagicCase => ({ does, error });

/** The cases of v2 only: its responses can be partial, and it has its own error codes. */
export const v2MagicCases: Readonly<Record<string, MagicCase>> = {
  complete_at_once: { does: 'the first answer has the signal', completion: { afterMs: 0 } },
  pending_forever: { does: 'the signal never arrives', completion: 'never' },
  partial: { does: 'a second signal is there at once, the first one is pending', isPartial: true },
  no_score: { does: 'a level without a score', hasNoScore: true },
  sparse: { does: 'leaves out every field that may be missing', optionalFields: 'absent' },
  nulls: { does: 'writes null in every field that may be missing', optionalFields: 'null' },
  account_inaccessible: refuses(
    'the customer does not exist or is another account’s: `NOT_FOUND` with its path',
    {
      status: 403,
      code: 'account_inaccessible',
      message: 'The account does not exist, or you cannot access it.',
    },
  ),
  invalid_account_details: refuses('refuses the customer: `BAD_USER_INPUT`', {
    status: 400,
    code: 'invalid_account_details',
    message: 'The account details are invalid.',
  }),
  missing_data_for_evaluation: refuses('too little is known to evaluate: `BAD_USER_INPUT`', {
    status: 400,
    code: 'missing_data_for_evaluation',
    message: 'The account lacks data that the requested signals need.',
  }),
  signal_type_access_denied: refuses('the account may not use this signal: `UPSTREAM_REFUSED`', {
    status: 403,
    code: 'signal_type_access_denied',
    message: 'Your account does not have access to a requested signal.',
  }),
  feature_not_enabled: refuses('the account lacks the feature: `UPSTREAM_REFUSED`', {
    status: 403,
    type: 'feature_not_enabled',
    code: 'feature_not_enabled',
    message: 'The feature is not enabled for your account.',
  }),
  fraudulent_website_quota_exceeded: refuses('a monthly quota is used up: `UPSTREAM_REFUSED`', {
    status: 429,
    type: 'quota_exceeded',
    code: 'fraudulent_website_quota_exceeded',
    message: 'You have used up the monthly quota of this signal.',
  }),
  account_evaluation_inaccessible: refuses('the evaluation does not exist or is another account’s', {
    status: 403,
    code: 'account_evaluation_inaccessible',
    message: 'The account evaluation does not exist, or you cannot access it.',
  }),
};

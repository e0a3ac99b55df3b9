import 'reflect-metadata';
import type { CreateCustomerEvaluationInput } from '../../src/customer-evaluation/create-customer-evaluation.input.ts';
import { readReport, type TranslatedReport } from '../../src/customer-evaluation/report.ts';
import type { CustomerEvaluationReportInput } from '../../src/customer-evaluation/report-customer-evaluation.input.ts';
import { reportToStripe as reportToV1 } from '../../src/customer-evaluation/v1/report-to-stripe.ts';
import { toStripe as toV1 } from '../../src/customer-evaluation/v1/to-stripe.ts';
import { reportToStripe as reportToV2 } from '../../src/customer-evaluation/v2/report-to-stripe.ts';
import { toStripe as toV2 } from '../../src/customer-evaluation/v2/to-stripe.ts';
import { UpstreamCallError } from '../../src/errors/upstream-call-error.ts';
import { capabilitiesOf, firstVersionWith, inWordsSince } from '../../src/stripe/versions.ts';
import { table } from './table.ts';

const capabilitiesSince = (capability: 'outcomeReports' | 'clientData') =>
  capabilitiesOf(firstVersionWith(capability) ?? '');
const oldest = capabilitiesOf('');

const clientDetails = { radarSession: 'rse_1' };
const data = { ip: '203.0.113.7' };
const inputs: readonly (readonly [
  words: string,
  context: CreateCustomerEvaluationInput['evaluationContext'],
])[] = [
  ['a Radar Session', [{ clientDetails }, { customerDetails: { customer: 'cus_1' } }]],
  [
    '`clientDetails.data` in place of a Radar Session',
    [{ clientDetails: { data } }, { customerDetails: { customer: 'cus_1' } }],
  ],
  ['no client details', [{ customerDetails: { customer: 'cus_1' } }]],
  [
    '`customerDetails.customerData`: e-mail, name, phone',
    [{ clientDetails }, { customerDetails: { customerData: { email: 'ada@example.com' } } }],
  ],
  ['no customer details', [{ clientDetails }]],
  [
    'several entries of one kind',
    [{ customerDetails: { customer: 'cus_1' } }, { customerDetails: { customer: 'cus_2' } }],
  ],
];

/** Which inputs each API supports. */
export function inputTable(): string {
  const cellOf = (translate: (input: CreateCustomerEvaluationInput) => unknown) => (context: never[]) =>
    outcomeOf(() => {
      translate({ eventType: 'LOGIN', evaluationContext: context });
      return 'yes';
    });
  const columns = [
    cellOf((input) => toV1(input, oldest)),
    cellOf((input) => toV1(input, capabilitiesSince('clientData'))),
    cellOf(toV2),
  ];
  return table(
    ['an input with', `v1, before ${inWordsSince('clientData')}`, 'v1, since', 'v2'],
    inputs.map(([words, context]) => [words, ...columns.map((cell) => cell(context as never[]))]),
  );
}

const reports: readonly CustomerEvaluationReportInput[] = [
  { outcome: { status: 'ALLOWED', eventType: 'LOGIN' } },
  { outcome: { status: 'ALLOWED' } },
  { outcome: { status: 'ALLOWED', eventType: 'REGISTRATION', customer: 'cus_1' } },
  { outcome: { status: 'RESTRICTED', eventType: 'LOGIN' } },
  { outcome: { status: 'BLOCKED', eventType: 'LOGIN', reason: 'SUSPECTED_ACCOUNT_SHARING' } },
  { outcome: { status: 'BLOCKED', eventType: 'REGISTRATION', customer: 'cus_1' } },
  { outcome: { customer: 'cus_1', eventType: 'REGISTRATION' } },
  { loginSucceeded: 'OCCURRED' },
  { loginFailed: { reason: 'SUSPECTED_ACCOUNT_SHARING' } },
  { loginFailed: { reason: 'OTHER' } },
  { registrationSucceeded: {} },
  { registrationSucceeded: { customer: 'cus_1' } },
  { registrationFailed: { reason: 'SUSPECTED_MULTI_ACCOUNTING' } },
  { registrationFailed: { reason: 'OTHER' } },
];

/** The request to each API for a report, and the parts that are lost. */
export function reportTable(): string {
  const evaluation = { id: 'id', eventType: 'LOGIN' } as const;
  const read = (report: CustomerEvaluationReportInput) => readReport({ id: 'id', report });
  const columns = [
    (report: CustomerEvaluationReportInput) => reportToV1(read(report), oldest),
    (report: CustomerEvaluationReportInput) => reportToV1(read(report), capabilitiesSince('outcomeReports')),
    (report: CustomerEvaluationReportInput) => reportToV2(read(report), evaluation),
  ];
  const since = inWordsSince('outcomeReports');
  return table(
    ['`report`', `v1, before ${since}`, 'v1, since', 'v2'],
    reports.map((report) => [
      `\`${written(report)}\``,
      ...columns.map((translate) => outcomeOf(() => told(translate(report)))),
    ]),
  );
}

function told({ params, warnings }: TranslatedReport<object>): string {
  const { account_evaluation: _, ...sent } = params as Record<string, unknown>;
  const lost = warnings.map(({ code }) => `\`${code}\``);
  return [`\`${form(sent)}\``, ...lost].join(', ');
}

function outcomeOf(act: () => string): string {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof UpstreamCallError)) throw error;
    return `refused: \`${error.code}\``;
  }
}

// As a v1 form: `login_failed[reason]=other`.
function form(params: object, prefix = ''): string {
  return Object.entries(params)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      const path = prefix === '' ? name : `${prefix}[${name}]`;
      return typeof value === 'object' ? form(value as object, path) : `${path}=${value}`;
    })
    .join(' ');
}

// As GraphQL: names and enums without quotes, ids with them.
function written(value: unknown): string {
  if (typeof value === 'string') return value.startsWith('cus_') ? `"${value}"` : value;
  const fields = Object.entries(value as object).map(([name, field]) => `${name}: ${written(field)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

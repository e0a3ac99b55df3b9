/**
 * A line that a recipe adds: the file, the text that it is inserted before, and the line. Without such a text, the file
 * is new.
 */
export type Edit = readonly [file: string, before: string | undefined, line: string];

const evaluationType = 'src/customer-evaluation/customer-evaluation.type.ts';
const resolver = 'src/customer-evaluation/customer-evaluation.resolver.ts';
const v1Api = 'src/customer-evaluation/v1/customer-evaluations-api.ts';
const v1Parameters = 'src/customer-evaluation/v1/to-stripe.ts';
const v2Api = 'src/customer-evaluation/v2/account-evaluations-api.ts';
const v1Wire = 'src/stripe/customer-evaluation.wire.ts';
const v1Operations = 'src/stripe/customer-evaluations.ts';
const versions = 'src/stripe/versions.ts';
const errorCodes = 'src/errors/error-codes.ts';
const errorReference = 'docs/source/error-reference.ts';
const v2SandboxShapes = 'src/sandbox/v2/shapes.ts';
const v1Sandbox = 'src/sandbox/v1/customer-evaluations.ts';

/** The recipes of docs/develop.md by their headings, as edits of the sources. */
export const recipes: Readonly<Record<string, readonly Edit[]>> = {
  'To add a signal': [
    [
      'src/customer-evaluation/signals.union.ts',
      '/**\n * Every signal: one row',
      `@ObjectType({ simpleResolvers: true, implements: CustomerEvaluationSignal, description: 'A recipe.' })
       export class DeviceReuseSignal extends CustomerEvaluationSignal {}\n\n`,
    ],
    [
      'src/customer-evaluation/signals.union.ts',
      '} as const satisfies Record<string, SignalRow>;',
      `device_reuse: { field: 'deviceReuse', type: DeviceReuseSignal, event: 'LOGIN', v2: 'user_device_reuse' },\n`,
    ],
    ['src/sandbox/v1/evaluations.ts', '[own]: signal };', 'device_reuse: signal, '],
    [v2SandboxShapes, "'fraudulent_website']);", "'user_device_reuse', "],
    [v2SandboxShapes, '// Rates a business website', 'user_device_reuse: signalResult.optional(),\n      '],
  ],
  'To add a field': [
    [v1Wire, 'status: z.string().nullish(),', 'model: z.string().nullish(),\n  '],
    [
      evaluationType,
      "@Authorized('evaluations:signals')",
      `@Field(() => String, { nullable: true, description: 'A recipe.' })
       readonly model: string | null;\n\n  `,
    ],
    [evaluationType, 'this.signals = fields.signals;', 'this.model = fields.model;\n    '],
    [
      'src/customer-evaluation/v1/from-stripe.ts',
      'livemode: wire.livemode,',
      'model: wire.model ?? null,\n    ',
    ],
    [
      'src/customer-evaluation/v2/from-stripe.ts',
      'livemode: wire.livemode ?? livemode,',
      'model: null,\n    ',
    ],
    ['src/sandbox/v1/evaluations.ts', 'events: null,\n    signals', `model: 'm7',\n    `],
  ],
  'To add a setting': [
    [
      'src/config/settings-for-everyone.ts',
      'HOST: accepts(',
      `HOUSE_COLOUR: accepts('red or blue', z.enum(['red', 'blue'])).default('red').describe('a recipe'),\n  `,
    ],
    ['src/config/config.ts', 'readonly host: string;', 'readonly houseColour: string;\n  '],
    ['src/config/config.ts', 'host: values.HOST,', 'houseColour: values.HOUSE_COLOUR,\n    '],
  ],
  'To add an error code': [
    // In the `errors` of a payload.
    [
      errorCodes,
      'UPSTREAM_RATE_LIMITED: {',
      `EVALUATION_FROZEN: { fault: 'client', retryable: false, description: 'A recipe.', message: 'Thaw it, then send again.' },\n  `,
    ],
    [
      v1Parameters,
      'import { InputProblems',
      `import { UpstreamCallError } from '../../errors/upstream-call-error.ts';\n`,
    ],
    [
      v1Parameters,
      'const problems = new InputProblems(',
      `if (input.idempotencyKey === 'frozen') throw new UpstreamCallError('EVALUATION_FROZEN', { effect: 'NONE' });\n  `,
    ],
    // As a top-level error.
    [
      'src/errors/house-closed-error.ts',
      undefined,
      `import { GatewayError } from './gateway-error.ts';

      export class HouseClosedError extends GatewayError {
        override readonly name = 'HouseClosedError';
        override readonly code = 'HOUSE_CLOSED';
        override readonly statusCode = undefined;

        constructor() {
          super('The house is closed. Come back tomorrow.');
        }
      }\n`,
    ],
    [errorCodes, "OVERLOADED: 'gateway'", `HOUSE_CLOSED: 'gateway',\n  `],
    [
      errorReference,
      'import { httpRefusal }',
      `import { HouseClosedError } from '../../src/errors/house-closed-error.ts';\n`,
    ],
    [errorReference, 'OVERLOADED: thrown(', 'HOUSE_CLOSED: thrown(new HouseClosedError()),\n  '],
    ['test/mutation/rows.ts', 'http-refusals,overloaded-error', 'house-closed-error,'],
    [
      resolver,
      'import type { GraphQLContext }',
      `import { HouseClosedError } from '../errors/house-closed-error.ts';\n`,
    ],
    [
      resolver,
      'requireOwnInput(context.permissions, input);',
      `if (input.idempotencyKey === 'closed') throw new HouseClosedError();\n    `,
    ],
  ],
  'To add an upstream call': [
    [
      v1Wire,
      '// The last second that RFC 3339 can write',
      'export type RecheckParams = { note: string };\n\n',
    ],
    [v1Operations, '  type ReportEventParams,\n', '  type RecheckParams,\n'],
    [
      v1Operations,
      "report: { name: 'report'",
      `recheck: { name: 'recheck', method: 'POST', pathTemplate: \`\${onePath}/recheck\` },\n  `,
    ],
    [
      v1Operations,
      '/** `id` has passed `isEvaluationId`. */\n  report(',
      `recheck(id: string, params: RecheckParams, idempotencyKey: string, call: Call): Promise<UpstreamResponse> {
         const operation = this.operations.recheck;
         const path = \`\${evaluationPath(id)}/recheck\`;
         return this.#stripe.post({ operation, path, body: formBody(params), idempotencyKey }, call);
       }\n\n  `,
    ],
    [
      'src/customer-evaluation/evaluation-api.ts',
      '/** The upstream calls per report. */',
      'recheck(id: string, note: string, idempotencyKey: string, context: GraphQLContext): Promise<CustomerEvaluation>;\n\n  ',
    ],
    [
      v1Parameters,
      'function evaluationContext(',
      'export function recheckToStripe(note: string): RecheckParams {\n  return { note };\n}\n\n',
    ],
    [v1Parameters, '  maxStringLength,\n} from', '  type RecheckParams,\n'],
    [v1Api, 'toStripe } from', 'recheckToStripe, '],
    [
      v1Api,
      '#noted({ evaluation, drift }',
      `async recheck(id: string, note: string, key: string, context: GraphQLContext): Promise<CustomerEvaluation> {
         requireCapability(this.#capabilities, 'recheck', []);
         const answer = await this.#stripe.recheck(id, recheckToStripe(note), key, context);
         return this.#noted(fromStripe(answer, { id }), context);
       }\n\n  `,
    ],
    [
      v2Api,
      '#read(response: UpstreamResponse',
      `recheck(): Promise<CustomerEvaluation> {
         return Promise.reject(new UpstreamCallError('UPSTREAM_UNSUPPORTED', { effect: 'NONE' }));
       }\n\n  `,
    ],
    [
      resolver,
      'const reportMutation:',
      `const recheckMutation = { ...createMutation, name: 'recheckCustomerEvaluation' };\n`,
    ],
    [
      resolver,
      "@Authorized('evaluations:report')",
      `@Authorized('evaluations:create')
       @Mutation(() => CreateCustomerEvaluationPayload, { nullable: true, description: 'A recipe.' })
       async recheckCustomerEvaluation(
         @Arg('id', () => ID, { description: 'A recipe.' }) id: string,
         @Arg('note', () => String, { description: 'A recipe.' }) note: string,
         @Ctx() context: GraphQLContext,
       ): Promise<CreateCustomerEvaluationPayload> {
         return runIdempotent(recheckMutation, undefined, context, async (key) => {
           if (context.permissions.customer.kind !== 'any') await this.#loader.load(id, context);
           return this.#dependencies.api.recheck(id, note, key, context);
         });
       }\n\n  `,
    ],
    [
      versions,
      '/** A report names the business',
      '/** `POST …/{id}/recheck` exists. */\n  readonly recheck: boolean;\n  ',
    ],
    [versions, 'clientData: false, retrieve: false, outcomeReports: false', 'recheck: false, '],
    [versions, 'clientData: false, retrieve: false, outcomeReports: true', 'recheck: false, '],
    [versions, 'clientData: true, retrieve: true', 'recheck: true, '],
    [
      'src/customer-evaluation/v1/capabilities.ts',
      "retrieve: 'Retrieving an evaluation'",
      "recheck: 'checking an evaluation again',\n  ",
    ],
    [
      v1Sandbox,
      `{\n        method: 'POST',\n        url: \`\${one}/report\``,
      `{
         method: 'POST',
         url: \`\${one}/recheck\`,
         answer: (request) => this.#answer(request, retrieveSince, () => this.#retrieveAgain(request)),
       },\n      `,
    ],
    [
      v1Sandbox,
      'async #report(request',
      `async #retrieveAgain(request: FastifyRequest): Promise<SandboxResponse> {
         const evaluation = this.#evaluations.get(accountOf(request), idIn(request));
         if (evaluation === undefined) return noSuchEvaluation;
         return { status: 200, body: { ...evaluation, customer: 'cus_checked_again' } };
       }\n\n  `,
    ],
  ],
};

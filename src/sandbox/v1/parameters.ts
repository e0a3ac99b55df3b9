import { parse } from 'picoquery';
import * as z from 'zod';
import { maxStringLength } from '../../stripe/customer-evaluation.wire.ts';
import { bracketed } from '../sent-strings.ts';

/** An error in the upstream's format. */
export interface ParameterError {
  readonly code: string;
  readonly param: string;
  readonly message: string;
}

/** A string of a context or report. */
export const text = z.string().min(1).max(maxStringLength);

/** `client_details[data]` came with the previews of June 2026. */
const clientDetails = (knowsData: boolean) => {
  const data = z.strictObject({ ip: text, referrer: text.optional(), user_agent: text.optional() });
  return knowsData
    ? z
        .strictObject({ radar_session: text.optional(), data: data.optional() })
        .refine((details) => details.radar_session !== undefined || details.data !== undefined, {
          path: ['radar_session'],
          params: { missing: true },
        })
    : z.strictObject({ radar_session: text });
};

const customerDetails = z.strictObject({
  customer: text.optional(),
  customer_data: z
    .strictObject({ email: text.optional(), name: text.optional(), phone: text.optional() })
    .optional(),
});

const createParameters = (knowsData: boolean) =>
  z.strictObject({
    event_type: z.enum(['login', 'registration']),
    evaluation_context: z.array(
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('client_details'), client_details: clientDetails(knowsData) }),
        z.strictObject({ type: z.literal('customer_details'), customer_details: customerDetails }),
      ]),
    ),
    expand: z.array(z.enum(['events', 'signals'])).optional(),
  });

const createParametersWithData = createParameters(true);
const createParametersWithoutData = createParameters(false);

export type CreateParameters = z.infer<typeof createParametersWithData>;

/**
 * Reads a bracketed form and validates it as the reference says. Refuses, by name, a parameter that is missing,
 * unknown, empty, too long or of another type, and a `type` that does not match its payload.
 */
export function readCreateParameters(
  form: string,
  version: string,
): { params: CreateParameters } | { error: ParameterError } {
  return readParameters(form, version >= '2026-06' ? createParametersWithData : createParametersWithoutData);
}

/** Reads a bracketed form, and validates it against the call's schema. */
export function readParameters<Params>(
  form: string,
  schema: z.ZodType<Params>,
): { params: Params } | { error: ParameterError } {
  const bare = numbered(withBareBrackets(form));
  const [, farAway] = farAwayIndex.exec(bare) ?? [];
  if (farAway !== undefined) {
    return { error: { code: 'parameter_invalid', param: farAway, message: 'Invalid array.' } };
  }
  const parsed: unknown = parse(bare, { nesting: true, nestingSyntax: 'index' });
  const result = schema.safeParse(plain(parsed), { reportInput: true });
  if (result.success) return { params: result.data };
  const [issue] = result.error.issues;
  if (issue === undefined) throw new Error('a refusal without an issue');
  return { error: parameterError(issue) };
}

// The parser would allocate an array of that length, so one field could use all memory.
const farAwayIndex = /(?:^|&)([^=&]*)\[\d{4,}\]/;

// The upstream also accepts encoded brackets in names; the parser only bare ones.
function withBareBrackets(form: string): string {
  return form.replace(/(?<=^|&)[^=&]+/g, (name) => name.replace(/%5B/gi, '[').replace(/%5D/gi, ']'));
}

// Lists may also be written without indices: `expand[]=events&expand[]=signals`.
function numbered(form: string): string {
  let index = 0;
  return form.replace(/(^|&)expand\[\]=/g, (_, start: string) => `${start}expand[${index++}]=`);
}

// The parser's objects have no prototype, so zod does not accept them as records.
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
}

function parameterError(issue: z.core.$ZodIssue): ParameterError {
  if (issue.code === 'unrecognized_keys') {
    const param = bracketed([...issue.path, issue.keys[0] ?? '']);
    return { code: 'parameter_unknown', param, message: `Received unknown parameter: ${param}` };
  }
  const param = bracketed(issue.path);
  const missing =
    (issue.code === 'custom' && issue.params?.['missing'] === true) ||
    (issue.code === 'invalid_type' && issue.input === undefined) ||
    (issue.code === 'invalid_value' && issue.input === undefined) ||
    (issue.code === 'invalid_union' && !isNamed(issue.input, issue.path.at(-1)));
  if (missing) return { code: 'parameter_missing', param, message: `Missing required param: ${param}.` };
  if (issue.code === 'too_small') {
    return { code: 'parameter_invalid_empty', param, message: `You passed an empty string for '${param}'.` };
  }
  return { code: 'parameter_invalid', param, message: `Invalid value for ${param}.` };
}

// A union's issue is about its discriminator; its input is the whole hash.
function isNamed(hash: unknown, name: PropertyKey | undefined): boolean {
  return typeof hash === 'object' && hash !== null && name !== undefined && Object.hasOwn(hash, name);
}

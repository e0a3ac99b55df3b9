import * as z from 'zod';
import { isStripeAccount } from '../stripe/http/account-keys.ts';
import {
  accepts,
  headerPairs,
  httpUrl,
  isBareUrl,
  onOff,
  otlpProtocol,
  share,
  wholeNumber,
} from './setting-types.ts';

/** Tuning, development, and variants of other settings: the defaults fit nearly all deployments. */
export const settingsForFew = {
  STRIPE_API_URL: accepts(
    'https://host or https://host:port, without a path; plain http only for 127.0.0.1, [::1] and localhost',
    z
      .string()
      .refine(isBareUrl)
      .transform((url) => new URL(url).origin),
  )
    .default('https://api.stripe.com')
    .describe('the base URL of Stripe’s API'),
  SANDBOX_FAULT_SHARE: share().default(0).describe('the share of sandbox calls that fail at random'),
  UPSTREAM_MAX_ATTEMPTS: wholeNumber(1, 10)
    .default(3)
    .describe(
      'the maximum attempts per call, including the first. Not counted: polls while another request holds the idempotency key, and attempts on idle connections that turn out to be closed',
    ),
  INTROSPECTION: onOff()
    .optional()
    .describe('whether callers may query the schema')
    .meta({ defaultsTo: '`on`, in production `off`' }),
  // The default of Spring Security and Envoy.
  JWT_CLOCK_TOLERANCE_SECONDS: wholeNumber(0, 300)
    .default(60)
    .describe('the allowed clock skew between issuer and gateway, before and after a token’s validity'),
  MAX_EVENT_LOOP_DELAY_MS: wholeNumber(1, 10_000)
    .default(150)
    .describe(
      'load shedding: a request that would wait longer than this before the process can start it is rejected with `OVERLOADED`',
    ),
  MAX_BODY_BYTES: wholeNumber(1024, 100_000_000)
    .default(65_536)
    .describe('the largest request body; compressed ones are refused'),
  MAX_ROOT_FIELDS: wholeNumber(1, 1_000)
    .default(10)
    .describe('the maximum root fields of one operation, fragments expanded'),
  MAX_DEPTH: wholeNumber(1, 100)
    .default(10)
    .describe('the maximum depth of one operation, fragments expanded'),
  MAX_ALIASES: wholeNumber(0, 1_000)
    .default(20)
    .describe('the maximum aliases in one operation, fragments expanded'),
  MAX_DIRECTIVES: wholeNumber(0, 1_000)
    .default(20)
    .describe('the maximum directives in one operation, fragments expanded'),
  MAX_TOKENS: wholeNumber(100, 100_000)
    .default(1_000)
    .describe('the maximum lexical tokens of one document, and as many comments'),
  MAX_DOCUMENT_BYTES: wholeNumber(1_024, 1_000_000)
    .default(16_384)
    .describe('the maximum length of one document, in bytes'),
  STRIPE_ACCOUNTS_WITHOUT_KEY: accepts('refuse or use-one-key', z.enum(['refuse', 'use-one-key']))
    .default('refuse')
    .describe(
      'how to handle calls for an account that has no file in `STRIPE_SECRET_KEYS_DIR`: refuse them, or make them with `STRIPE_SECRET_KEY` and the header `Stripe-Account`',
    ),
  UPSTREAM_MAX_CONCURRENCY_PER_ACCOUNT: wholeNumber(1, 100_000)
    .optional()
    .describe('the maximum calls in flight for one account, with `STRIPE_ACCOUNTS=callers`')
    .meta({ defaultsTo: 'a quarter of `UPSTREAM_MAX_CONCURRENCY`' }),
  METRICS_ACCOUNTS: accepts(
    'accounts, comma separated, at most 50',
    z
      .string()
      .transform((list) => list.split(',').map((account) => account.trim()))
      .refine((accounts) => accounts.length <= 50 && accounts.every(isStripeAccount)),
  )
    .optional()
    .describe(
      'accounts that `customer_evaluations_account_attempts_total` names; all others share the label `other`',
    ),
  SIGNALS_MAX_READS_PER_SECOND: wholeNumber(1, 1000)
    .default(20)
    .describe(
      'with `STRIPE_API=v2`: the maximum reads per second of each process from each Stripe account while mutations wait for signals; Stripe allows 25 by default. Divide it among the replicas',
    ),
  PREPARED_OPERATIONS: onOff()
    .prefault('on')
    .describe('whether repeated operations run as compiled plans: the same responses for about half the CPU'),
  MAX_COST: wholeNumber(1, 10_000)
    .default(100)
    .describe('the maximum calls to Stripe that one operation may cause'),
  REQUEST_TIMEOUT_MS: wholeNumber(100, 600_000)
    .default(10_000)
    .describe('how long a request may take to arrive, at most 5 seconds for its headers'),
  RESPONSE_TIMEOUT_MS: wholeNumber(100, 600_000)
    .default(30_000)
    .describe('how long a client may take to read its response; then the connection is closed'),
  // OpenTelemetry's names and meanings: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables
  OTEL_SDK_DISABLED: accepts('true or false', z.string().regex(/^(true|false)$/i))
    .optional()
    .describe('`true`: no traces'),
  OTEL_TRACES_EXPORTER: accepts('otlp or none', z.enum(['otlp', 'none']))
    .default('otlp')
    .describe('`none`: no traces'),
  OTEL_EXPORTER_OTLP_PROTOCOL: otlpProtocol().describe('the protocol of the collector'),
  OTEL_EXPORTER_OTLP_TIMEOUT: wholeNumber(1, 600_000)
    .optional()
    .describe('the timeout of an export, in milliseconds')
    .meta({ defaultsTo: '`10000`' }),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl()
    .optional()
    .describe('the complete URL for traces, in place of `OTEL_EXPORTER_OTLP_ENDPOINT`'),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: headerPairs()
    .optional()
    .describe('headers for traces, in place of `OTEL_EXPORTER_OTLP_HEADERS`'),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: otlpProtocol().describe(
    '`OTEL_EXPORTER_OTLP_PROTOCOL` for traces only',
  ),
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: wholeNumber(1, 600_000)
    .optional()
    .describe('`OTEL_EXPORTER_OTLP_TIMEOUT` for traces only'),
};

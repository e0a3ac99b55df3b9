/** Stripe's two APIs for evaluations: v1 customer evaluations, and v2 signals. */
export const stripeApis = ['v1', 'v2'] as const;
export type StripeApi = (typeof stripeApis)[number];

/** What a version of v1 supports for customer evaluations. */
export interface VersionCapabilities {
  /** `client_details[data]` may stand in for a Radar Session. */
  readonly clientData: boolean;
  /** `GET /v1/radar/customer_evaluations/{id}` exists. */
  readonly retrieve: boolean;
  /** A report names the business's decision (`status`, `customer`). Earlier versions named the event. */
  readonly outcomeReports: boolean;
}

// By the preview's date, oldest first; each row applies from its date until the next row's. Source: the changelogs of
// Stripe's API previews, 2026-03 to 2026-11.
type Since = readonly [date: string, capabilities: VersionCapabilities];
const capabilitiesSince: readonly [Since, ...Since[]] = [
  ['2026-03-04', { clientData: false, retrieve: false, outcomeReports: false }],
  ['2026-05-27', { clientData: false, retrieve: false, outcomeReports: true }],
  ['2026-06-01', { clientData: true, retrieve: true, outcomeReports: true }],
];

// The same for v2. Its reports are account activities, whose path was renamed. Source: Stripe's OpenAPI descriptions of
// 2026-08-26.preview and 2026-09-30.preview.
const activitiesPathSince: readonly [PathSince, ...PathSince[]] = [
  ['2026-08-26', '/v2/signals/account_activity'],
  ['2026-09-30', '/v2/signals/account_activities'],
];
type PathSince = readonly [date: string, path: string];

/** The first version that has v2 signals. Their versions are previews. */
export const oldestV2Version = `${activitiesPathSince[0][0]}.preview`;

/**
 * Whether a version may have v2 signals, a public preview. Of the versions known, only previews have it; of a later one,
 * the upstream decides. Source: as above.
 */
export function mayHaveV2(version: string): boolean {
  const isLaterRelease = version.slice(0, 10) > defaultVersion.slice(0, 10);
  return version >= oldestV2Version && (version.endsWith('.preview') || isLaterRelease);
}

/** The path of account activities in a version of v2. */
export function activitiesPathOf(version: string): string {
  const [, path] = activitiesPathSince.findLast(([since]) => since <= version) ?? activitiesPathSince[0];
  return path;
}

/**
 * The newest preview known, for both APIs. Creating an evaluation is the same in all versions of v1; retrieval,
 * entities and client data need June 2026 or later. Source: Stripe's OpenAPI description of 2026-09-30.preview.
 */
export const defaultVersion = '2026-09-30.preview';

/** `2026-03-04.preview`, `2026-06-24.dahlia`: a date, a dot and the release's name. */
export const versionPattern = /^\d{4}-\d{2}-\d{2}(\.[a-z][a-z0-9_]*)?$/;

/**
 * What a version supports. A version newer than all known ones counts as the newest, and the upstream decides; one
 * older than all counts as the oldest.
 */
export function capabilitiesOf(version: string): VersionCapabilities {
  // Dates sort as text, and a date with a release's name sorts after the date alone.
  const [, capabilities] = capabilitiesSince.findLast(([since]) => since <= version) ?? capabilitiesSince[0];
  return capabilities;
}

/** The first version that has a capability, for messages that recommend an upgrade. */
export function firstVersionWith(capability: keyof VersionCapabilities): string | undefined {
  return capabilitiesSince.find(([, capabilities]) => capabilities[capability])?.[0];
}

/** Which versions have a capability, in words: `June 2026 or later`. */
export function versionsWith(capability: keyof VersionCapabilities): string {
  return `${inWordsSince(capability)} or later`;
}

/** The date from which a capability is available, in words. */
export function inWordsSince(capability: keyof VersionCapabilities): string {
  return inWords(firstVersionWith(capability));
}

// The first of a month stands for the month: no preview was released on one.
function inWords(date = ''): string {
  const [year = '', month = '', day = ''] = date.split('-');
  const words = `${months[Number(month) - 1]} ${year}`;
  return day === '01' ? words : `${Number(day)} ${words}`;
}

const months = 'January February March April May June July August September October November December'.split(
  ' ',
);

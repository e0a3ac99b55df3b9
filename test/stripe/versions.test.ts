import { describe, expect, it } from '@jest/globals';
import {
  capabilitiesOf,
  defaultVersion,
  firstVersionWith,
  firstVersionWithout,
  type VersionCapabilities,
  versionPattern,
} from '../../src/stripe/versions.ts';

const oldest = { clientData: false, retrieve: false, eventReports: true, outcomeReports: false };
const withOutcomes = { clientData: false, retrieve: false, eventReports: false, outcomeReports: true };
const newest = { clientData: true, retrieve: true, eventReports: false, outcomeReports: true };

describe('what an API version of the upstream can do', () => {
  it.each<{ version: string; capabilities: VersionCapabilities }>([
    { version: '2020-01-01', capabilities: oldest },
    { version: '2026-03-03.preview', capabilities: oldest },
    { version: '2026-03-04.preview', capabilities: oldest },
    { version: defaultVersion, capabilities: newest },
    { version: '2026-05-26.preview', capabilities: oldest },
    { version: '2026-05-27', capabilities: withOutcomes },
    { version: '2026-05-27.preview', capabilities: withOutcomes },
    { version: '2026-05-31.preview', capabilities: withOutcomes },
    { version: '2026-06-01', capabilities: newest },
    { version: '2026-06-01.preview', capabilities: newest },
    { version: '2026-06-24.dahlia', capabilities: newest },
    { version: '2031-12-31.tomorrow', capabilities: newest },
  ])('the API version $version can do: $capabilities', ({ version, capabilities }) => {
    expect(capabilitiesOf(version)).toEqual(capabilities);
  });

  it.each<{ capability: keyof VersionCapabilities; from: string; until: string | undefined }>([
    { capability: 'clientData', from: '2026-06-01', until: undefined },
    { capability: 'retrieve', from: '2026-06-01', until: undefined },
    { capability: 'eventReports', from: '2026-03-04', until: '2026-05-27' },
    { capability: 'outcomeReports', from: '2026-05-27', until: undefined },
  ])('the capability $capability is to be had from $from until $until', ({ capability, from, until }) => {
    expect(firstVersionWith(capability)).toBe(from);
    expect(firstVersionWithout(capability)).toBe(until);
  });

  it('the versions that messages say would help have the capability, and their neighbours do not', () => {
    const dayBefore = (date: string): string =>
      new Date(Date.parse(date) - 86_400_000).toISOString().slice(0, 10);
    for (const capability of ['clientData', 'retrieve', 'outcomeReports'] as const) {
      const first = firstVersionWith(capability) ?? 'none';
      expect(capabilitiesOf(first)[capability]).toBe(true);
      expect(capabilitiesOf(dayBefore(first))[capability]).toBe(false);
    }
    const lost = firstVersionWithout('eventReports') ?? 'none';
    expect(capabilitiesOf(lost).eventReports).toBe(false);
    expect(capabilitiesOf(dayBefore(lost)).eventReports).toBe(true);
  });
});

describe('the name of an API version', () => {
  it.each([defaultVersion, '2026-03-04', '2026-06-24.dahlia', '2031-12-31.x', '2031-12-31.v2_1'])(
    'the name of an API version is a date, perhaps with a release: %s',
    (version) => {
      expect(version).toMatch(versionPattern);
    },
  );

  it.each([
    '',
    'latest',
    'preview',
    '026-03-04',
    'abcd-03-04',
    '2026-3-04',
    '2026-ab-04',
    '2026-03-4',
    '2026-03-ab',
    '12026-03-04',
    'v2026-03-04',
    '2026-03-045',
    '2026-03-04.',
    '2026-03-04.2',
    '2026-03-04.Preview',
    '2026-03-04.pre-view',
    '2026-03-04.preview.1',
    '2026-03-04 preview',
    '2026-03-04.preview\r\nx: y',
  ])('the name of an API version is nothing else, such as %j', (text) => {
    expect(text).not.toMatch(versionPattern);
  });
});

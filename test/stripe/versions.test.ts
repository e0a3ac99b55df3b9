import { describe, expect, it } from '@jest/globals';
import {
  activitiesPathOf,
  capabilitiesOf,
  defaultVersion,
  firstVersionWith,
  oldestV2Version,
  type VersionCapabilities,
  versionPattern,
} from '../../src/stripe/versions.ts';

const oldest = { clientData: false, retrieve: false, outcomeReports: false };
const withOutcomes = { clientData: false, retrieve: false, outcomeReports: true };
const newest = { clientData: true, retrieve: true, outcomeReports: true };

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
  ])('the API version $version supports: $capabilities', ({ version, capabilities }) => {
    expect(capabilitiesOf(version)).toEqual(capabilities);
  });

  it.each(['clientData', 'retrieve', 'outcomeReports'] as const)(
    'the first version with %s, which messages name, has it, and the day before has not',
    (capability) => {
      const first = firstVersionWith(capability) ?? 'none';
      const dayBefore = new Date(Date.parse(first) - 86_400_000).toISOString().slice(0, 10);
      expect(capabilitiesOf(first)[capability]).toBe(true);
      expect(capabilitiesOf(dayBefore)[capability]).toBe(false);
    },
  );
});

describe('the path of v2’s account activities', () => {
  it.each([
    ['2026-08-26', '/v2/signals/account_activity'],
    [oldestV2Version, '/v2/signals/account_activity'],
    ['2026-09-29.preview', '/v2/signals/account_activity'],
    ['2026-09-30.preview', '/v2/signals/account_activities'],
    [defaultVersion, '/v2/signals/account_activities'],
    ['2031-01-01', '/v2/signals/account_activities'],
  ])('the path of activities with version %s is %s', (version, path) => {
    expect(activitiesPathOf(version)).toBe(path);
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

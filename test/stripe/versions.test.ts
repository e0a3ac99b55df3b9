import { describe, expect, it } from '@jest/globals';
import { capabilitiesOf, firstVersionWith } from '../../src/stripe/versions.ts';

describe('what an API version of the upstream can do', () => {
  it.each([
    { version: '2020-01-01', clientData: false, retrieve: false },
    { version: '2026-03-04.preview', clientData: false, retrieve: false },
    { version: '2026-05-31.preview', clientData: false, retrieve: false },
    { version: '2026-06-01', clientData: true, retrieve: true },
    { version: '2026-06-24.preview', clientData: true, retrieve: true },
    { version: '2031-12-31.tomorrow', clientData: true, retrieve: true },
  ])('$version: client data $clientData, retrieval $retrieve', ({ version, clientData, retrieve }) => {
    expect(capabilitiesOf(version)).toMatchObject({ clientData, retrieve });
  });

  it('names a first version for each capability, and that version has it while the day before has not', () => {
    for (const capability of ['clientData', 'retrieve'] as const) {
      const first = firstVersionWith(capability) ?? 'none';
      expect(first).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      expect(capabilitiesOf(first)[capability]).toBe(true);
      const dayBefore = new Date(Date.parse(first) - 86_400_000).toISOString().slice(0, 10);
      expect(capabilitiesOf(dayBefore)[capability]).toBe(false);
    }
  });
});

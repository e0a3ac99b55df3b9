import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

interface Rules {
  readonly groups?: readonly {
    readonly rules: readonly {
      readonly alert?: string;
      readonly annotations?: { readonly runbook_url?: string };
    }[];
  }[];
}

const directory = 'deploy/monitoring';
const alerts = readdirSync(directory)
  .filter((file) => file.endsWith('.yaml'))
  .flatMap((file) => (parse(readFileSync(path.join(directory, file), 'utf8')) as Rules).groups ?? [])
  .flatMap(({ rules }) => rules)
  .filter(({ alert }) => alert !== undefined);

/** The anchors of a page, generated from its headings. */
function anchorsOf(page: string): string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('the runbook', () => {
  it('the runbook has a heading for each alert, where its link leads', () => {
    expect(alerts.length).toBeGreaterThan(0);
    for (const { alert, annotations } of alerts) {
      const [page = '', anchor = ''] = annotations?.runbook_url?.split('#') ?? [];
      expect({ alert, page: existsSync(page) }).toEqual({ alert, page: true });
      expect({ alert, anchors: anchorsOf(page) }).toEqual({
        alert,
        anchors: expect.arrayContaining([anchor]),
      });
    }
  });

  it('the runbook has no heading for an alert that does not exist', () => {
    const linked = alerts.map(({ annotations }) => annotations?.runbook_url?.split('#')[1]);
    const headings = anchorsOf('docs/on-call.md').filter((anchor) =>
      anchor.startsWith('customer-evaluations-'),
    );
    expect(headings.filter((heading) => !linked.includes(heading))).toEqual([]);
  });

  it.each(['docs/deployment.md', 'docs/on-call.md', 'docs/capacity.md'])(
    'the runbook has no broken link: %s',
    (page) => {
      const links = [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)];
      expect(links.length).toBeGreaterThan(0);
      for (const [, file = '', anchor] of links) {
        const target = file === '' ? page : path.join('docs', file);
        expect({ target, exists: existsSync(target) }).toEqual({ target, exists: true });
        if (anchor !== undefined)
          expect({ target, anchors: anchorsOf(target) }).toEqual({
            target,
            anchors: expect.arrayContaining([anchor]),
          });
      }
    },
  );
});

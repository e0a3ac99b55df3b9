import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { anchorOf, readRules } from '../../docs/source/monitoring-tables.ts';
import { startEventfulGateway } from '../harness/eventful-gateway.ts';
import { reasonWithout } from '../harness/missing-program.ts';
import { missingPrometheus, startPrometheus } from '../harness/prometheus.ts';
import { describeUnless } from '../harness/run-unless.ts';
import { type Sample, scrape } from '../harness/scrape.ts';
import { readPanels, withoutVariables } from './dashboard.ts';

const rules = readRules();
const alerts = rules.filter((rule) => rule.alert !== undefined);
const panels = readPanels().filter(({ type }) => type !== 'row');
const panelQueries = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }): [title: string, expr: string] => [title, expr]),
);
const queries = [
  ...panelQueries,
  ...rules.map(({ alert, record, expr }): [string, string] => [alert ?? record ?? '', expr]),
];

/** The metrics that a query reads, each with the labels that it selects by. */
function metricsIn(query: string): { name: string; labels: string[] }[] {
  const found = query.matchAll(
    /(?<![\w:])((?:customer_evaluations|nodejs|process)_\w+)(?!:)\b(?:\{([^}]*)\})?/g,
  );
  return [...found].map(([, name = '', matchers = '']) => ({
    name,
    labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  }));
}

describe('dashboard and alerts', () => {
  let samples: Sample[];

  beforeAll(async () => {
    const gateway = await startEventfulGateway();
    await gateway.happen();
    do {
      samples = await scrape(gateway.metricsUrl);
    } while (!samples.some(({ name }) => name === 'customer_evaluations_trace_spans_total'));
    await gateway.close();
  });

  it('the dashboard and the alerts query only metrics that the gateway has', () => {
    expect(queries.length).toBeGreaterThan(40);
    const told = new Map<string, Set<string>>();
    for (const { name, labels } of samples) {
      told.set(name, new Set([...(told.get(name) ?? []), ...Object.keys(labels)]));
    }
    let asked = 0;
    for (const [title, query] of queries) {
      for (const { name, labels } of metricsIn(query)) {
        asked += 1;
        // Prometheus adds `job` and `instance` when it scrapes.
        const unknown = labels.filter((label) => !told.get(name)?.has(label) && label !== 'job');
        expect({ title, name, isTold: told.has(name), unknown }).toEqual({
          title,
          name,
          isTold: true,
          unknown: [],
        });
      }
    }
    expect(asked).toBeGreaterThan(queries.length / 2);
  });

  it('the dashboard and the alerts use all of our metrics', () => {
    const all = queries.map(([, query]) => query).join();
    const ours = new Set(
      samples
        .map(({ name }) => name.replace(/_(bucket|sum|count)$/, ''))
        .filter((name) => name.startsWith('customer_evaluations_')),
    );
    expect(ours.size).toBeGreaterThan(20);
    expect([...ours].filter((name) => !all.includes(name))).toEqual([]);
  });

  it('the dashboard and the alerts have a severity and a runbook link for each alert', () => {
    expect(alerts.length).toBeGreaterThan(10);
    for (const { alert = '', labels, annotations } of alerts) {
      expect({ alert, severity: labels.severity }).toMatchObject({
        severity: expect.stringMatching(/^(page|ticket)$/),
      });
      expect(annotations.summary).toMatch(/\.$/);
      expect(annotations.runbook_url).toBe(`docs/on-call.md#${anchorOf(alert)}`);
    }
  });

  it('the dashboard and the alerts have a page with instructions for each alert', () => {
    const page = 'docs/on-call.md';
    const anchors = [...readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .trim()
        .replace(/ /g, '-'),
    );
    expect(
      alerts.map(({ alert = '' }) => anchorOf(alert)).filter((anchor) => !anchors.includes(anchor)),
    ).toEqual([]);
  });

  it('the dashboard and the alerts have no overlapping panels', () => {
    const taken = new Set<string>();
    for (const { title, gridPos } of readPanels()) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect({ title, x, y, isTaken: taken.has(`${x} ${y}`) || x >= 24 }).toMatchObject({
            isTaken: false,
          });
          taken.add(`${x} ${y}`);
        }
      }
    }
  });
});

describeUnless(
  reasonWithout('promtool', spawnSync('promtool', ['--version']).status === 0, 'prometheus'),
  'by Prometheus’ own tool',
  () => {
    const promtool = (...command: string[]) => {
      const { status: code, stdout, stderr } = spawnSync('promtool', command, { encoding: 'utf8' });
      return { code, said: stdout + stderr };
    };

    it('Prometheus’ own tool finds that the alerts are valid rules', () => {
      expect(promtool('check', 'rules', 'deploy/monitoring/alerts.yaml')).toMatchObject({ code: 0 });
    });

    it('Prometheus’ own tool finds that each alert fires when it should, and not for a healthy gateway', () => {
      const file = 'deploy/monitoring/alerts.test.yaml';
      const { tests } = parse(readFileSync(file, 'utf8')) as {
        tests: { alert_rule_test: { alertname: string; exp_alerts?: object[] }[] }[];
      };
      const fired = tests
        .flatMap((test) => test.alert_rule_test)
        .filter(({ exp_alerts: expected = [] }) => expected.length > 0)
        .map(({ alertname }) => alertname);
      expect([...new Set(fired)].sort()).toEqual(alerts.map(({ alert }) => alert).sort());
      const { code, said } = promtool('test', 'rules', file);
      expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining('SUCCESS') });
    });

    it('Prometheus’ own tool finds that the dashboard’s queries are valid', () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'dashboard-'));
      try {
        const file = path.join(folder, 'queries.yaml');
        const asRules = panelQueries.map(([, expr], index) => ({
          record: `query:${index}`,
          expr: withoutVariables(expr, '1m'),
        }));
        writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules: asRules }] }));
        expect(promtool('check', 'rules', file)).toMatchObject({
          code: 0,
          said: expect.stringContaining(`${panelQueries.length} rules found`),
        });
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  },
);

describeUnless(missingPrometheus(), 'in a real Prometheus', () => {
  it('in a real Prometheus, each query of the dashboard has data from a gateway under all faults', async () => {
    const gateway = await startEventfulGateway();
    const { host } = new URL(gateway.metricsUrl);
    const prometheus = await startPrometheus({ replicas: { 'replica-1': host }, intervalMs: 500 });
    const isEmpty = async (query: string): Promise<boolean> => {
      const series = await prometheus.query(withoutVariables(query, '5s'));
      return series.every(({ points }) => points.length === 0);
    };
    let empty = panelQueries;
    for (const until = performance.now() + 200_000; empty.length > 0 && performance.now() < until; ) {
      await gateway.happen();
      const answers = await Promise.all(empty.map(([, query]) => isEmpty(query)));
      empty = empty.filter((_, index) => answers[index]);
    }
    await prometheus.close();
    await gateway.close();
    expect(empty).toEqual([]);
  });
});

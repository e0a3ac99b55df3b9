import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { table } from './table.ts';

/** An alerting or recording rule. */
interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: {
    readonly summary: string;
    readonly description: string;
    readonly runbook_url: string;
  };
}

/** Every shipped rule. */
export function readRules(): Rule[] {
  const { groups } = parse(readFileSync('deploy/monitoring/alerts.yaml', 'utf8')) as {
    groups: { rules: Rule[] }[];
  };
  return groups.flatMap(({ rules }) => rules);
}

/** `CustomerEvaluationsKeyRefused` as a heading's anchor. */
export function anchorOf(alert: string): string {
  return alert.replace(/(?!^)([A-Z])/g, '-$1').toLowerCase();
}

/** Every metric of ours, from the registry that is scraped. */
export function metricsTable(): string {
  const { registry } = new Metrics({ version: '', upstream: '', upstreamVersion: '', accounts: [] });
  const metrics = registry
    .getMetricsAsArray()
    .map((metric) => metric as unknown as { name: string; help: string; labelNames: string[]; type: string })
    .filter(({ name }) => name.startsWith('customer_evaluations_'))
    .sort((a, b) => a.name.localeCompare(b.name));
  return table(
    ['metric', 'kind', 'labels', 'tells'],
    metrics.map(({ name, help, labelNames, type }) => [
      `\`${name}\``,
      type,
      labelNames.map((label) => `\`${label}\``).join(', '),
      help,
    ]),
  );
}

/** Every alert, from the rules. */
export function alertsTable(): string {
  return table(
    ['alert', 'severity', 'when'],
    readRules().flatMap(({ alert, labels, annotations }) =>
      alert === undefined
        ? []
        : [[`[\`${alert}\`](on-call.md#${anchorOf(alert)})`, labels.severity, annotations.summary]],
    ),
  );
}

import { readFileSync } from 'node:fs';

/** The color of a series in Grafana: fixed, or shades of one. */
interface Colour {
  readonly mode: 'fixed' | 'shades';
  readonly fixedColor: string;
}

interface Target {
  readonly expr: string;
  readonly legendFormat?: string;
}

export interface FieldDefaults {
  readonly unit?: string;
  readonly decimals?: number;
  readonly noValue?: string;
  readonly thresholds?: {
    readonly steps: readonly { readonly color: string; readonly value: number | null }[];
  };
  readonly custom?: { readonly fillOpacity?: number; readonly stacking?: { readonly mode: string } };
}

/** A panel of the dashboard: the part of Grafana's model that ours uses. */
export interface Panel {
  readonly title: string;
  readonly type: 'row' | 'stat' | 'timeseries';
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: {
    readonly defaults: FieldDefaults;
    readonly overrides: readonly {
      readonly matcher: { readonly id: 'byName' | 'byRegexp'; readonly options: string };
      readonly properties: readonly { readonly id: 'color'; readonly value: Colour }[];
    }[];
  };
  readonly options?: { readonly colorMode?: string; readonly textMode?: string };
  readonly targets?: readonly Target[];
}

/** Everything on the shipped dashboard, including headings. */
export function readPanels(): readonly Panel[] {
  const { panels } = JSON.parse(readFileSync('deploy/monitoring/dashboard.json', 'utf8')) as {
    panels: readonly Panel[];
  };
  return panels;
}

/** A query as Grafana sends it, for all jobs, with rates over this time. */
export function withoutVariables(expression: string, rateInterval: string): string {
  return expression.replaceAll('$__rate_interval', rateInterval).replaceAll('$job', '.+');
}

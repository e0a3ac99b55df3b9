import type { TestGateway } from './gateway.ts';

/** One sample of a scrape. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The URL of the metrics, from a gateway's log. */
export function metricsUrl({ log }: Pick<TestGateway, 'log'>): string {
  const lines = log.map((line) => JSON.parse(line) as { msg: string; url?: string });
  const url = lines.find(({ msg }) => msg === 'serving metrics')?.url;
  if (url === undefined) throw new Error('the gateway serves no metrics');
  return url;
}

/** Reads the metrics like Prometheus. */
export async function scrape(url: string): Promise<Sample[]> {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  return readExposition(await response.text());
}

/** Source: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
function readExposition(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const parts = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
      if (parts === null) throw new Error(`no sample: ${line}`);
      const [, name = '', labels = '', value] = parts;
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
      return {
        name,
        labels: Object.fromEntries(pairs.map(([, label, text = '']) => [label, text])),
        value: Number(value),
      };
    });
}

/** The sum of the samples with this name and these labels. */
export function sumOf(samples: readonly Sample[], name: string, labels: Record<string, string> = {}): number {
  return samples
    .filter((sample) => sample.name === name)
    .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';

const prefix = 'customer_evaluations_';

/** A registry whose metrics all begin with the gateway's name. */
export class MetricRegistry extends Registry {
  histogram<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    buckets: number[],
  ): Histogram<Label> {
    return new Histogram({ name: prefix + name, help, labelNames, buckets, registers: [this] });
  }

  counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name: prefix + name, help, labelNames, registers: [this] });
  }

  gauge<Label extends string>(name: string, help: string, labelNames: Label[]): Gauge<Label> {
    return new Gauge({ name: prefix + name, help, labelNames, registers: [this] });
  }

  /** A gauge that `read` sets at each scrape. */
  gaugeOnScrape<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    read: (gauge: Gauge<Label>) => void,
  ): void {
    const gauge: Gauge<Label> = new Gauge({
      name: prefix + name,
      help,
      labelNames,
      registers: [this],
      collect: () => read(gauge),
    });
  }

  /** A counter of what is counted elsewhere: `read` adds the whole count at each scrape. */
  counterOnScrape<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    read: (counter: Counter<Label>) => void,
  ): void {
    const counter: Counter<Label> = new Counter({
      name: prefix + name,
      help,
      labelNames,
      registers: [this],
      collect: () => {
        counter.reset();
        read(counter);
      },
    });
  }
}

/*
 * Loaded before a server under measurement (`--import`): answers each message of the parent with the milliseconds that
 * scavenges, V8's collections of young objects, have taken so far. A profile shows neither their sum nor their cause.
 */
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';

let scavengeMs = 0;
const add = (entries: readonly PerformanceEntry[]): void => {
  for (const { detail, duration } of entries) {
    if ((detail as { kind: number }).kind === constants.NODE_PERFORMANCE_GC_MINOR) scavengeMs += duration;
  }
};
const observer = new PerformanceObserver((list) => add(list.getEntries()));
observer.observe({ entryTypes: ['gc'] });

process.on('message', () => {
  add(observer.takeRecords());
  process.send?.(scavengeMs);
});
// The channel alone keeps no server alive.
process.channel?.unref();

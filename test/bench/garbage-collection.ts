/*
 * Loaded before a server under measurement (`--import`). Responds to each message of the parent with the milliseconds
 * spent so far in scavenges, V8's collections of young objects. A CPU profile shows neither their sum nor their cause.
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
// The channel must not keep the server alive.
process.channel?.unref();

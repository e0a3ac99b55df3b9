import { describeError } from '../errors/describe-error.ts';

/** A service that can shut down. */
export interface Service {
  /** Rejects new work, completes the work in progress, and closes everything. `signal` is undefined after a bug. */
  close(signal: NodeJS.Signals | undefined): Promise<void>;
  /** The time limit of `close`. */
  readonly closesWithinMs: number;
  /** Called for an uncaught exception, with its kind and frames, never its message. */
  onBug(bug: { error: string; frames: string[] }): void;
  /** Called if `close` exceeds its time limit, before the process exits. */
  onTimeout(): void;
}

/** The maximum uncaught exceptions to report. */
const maxReportedBugs = 10;

/**
 * Shuts down the process with its service. The first SIGTERM, SIGINT, SIGHUP or SIGQUIT starts the drain, then it exits
 * 0; a second one exits immediately. An uncaught exception is logged and also drains, because other callers' work may
 * be intact, and exits 1. A drain that exceeds its time limit is cut off.
 */
export function installGracefulShutdown(service: Service): void {
  let ending = false;
  let signals = 0;
  let exitCode = 0;
  let bugs = 0;
  const end = (signal?: NodeJS.Signals): void => {
    ending = true;
    setTimeout(() => {
      service.onTimeout();
      process.exit(1);
    }, service.closesWithinMs).unref();
    service.close(signal).then(
      () => process.exit(exitCode),
      (error: unknown) => {
        service.onBug(describeError(error));
        process.exit(1);
      },
    );
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    signals += 1;
    if (signals > 1) process.exit(1);
    // After a bug the drain has begun already, and an orchestrator's first signal must not cut it off.
    if (!ending) end(signal);
  };
  // Closing terminals send SIGHUP, and some process managers SIGQUIT. By default, both would cut off requests in
  // flight.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, onSignal);
  // Includes unhandled rejections.
  process.on('uncaughtException', (error: unknown) => {
    exitCode = 1;
    bugs += 1;
    if (bugs <= maxReportedBugs) service.onBug(describeError(error));
    if (!ending) end();
  });
}

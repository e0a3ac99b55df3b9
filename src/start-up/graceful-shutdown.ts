import { describeError } from '../errors/describe-error.ts';

/** What a process of this project serves, and how it ends. */
export interface Service {
  /** Takes no new work, ends what is under way, and closes everything. `signal` is undefined after a bug. */
  close(signal: NodeJS.Signals | undefined): Promise<void>;
  /** `close` takes no longer, unless something is wrong. */
  readonly closesWithinMs: number;
  /** Told of what nothing caught: its kind and frames, never its message. */
  onBug(bug: { error: string; frames: string[] }): void;
  /** Told that `close` took longer, and is cut off. */
  onTimeout(): void;
}

/** Of a storm of bugs, the first few tell what is wrong. */
const toldBugs = 10;

/**
 * Shuts down the process with its service. The first SIGTERM, SIGINT, SIGHUP or SIGQUIT starts the drain, then it exits 0;
 * a second one exits immediately. An uncaught exception is logged and also drains, because other callers' work may be
 * intact, and exits 1. A drain that does not end is cut off.
 */
export function installGracefulShutdown(service: Service): void {
  let ending = false;
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
    if (ending) process.exit(1);
    end(signal);
  };
  // Terminals that close send SIGHUP, and some process managers SIGQUIT: left alone, both cut off what is in flight.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, onSignal);
  // Also has the rejections that nothing handles.
  process.on('uncaughtException', (error: unknown) => {
    exitCode = 1;
    bugs += 1;
    if (bugs <= toldBugs) service.onBug(describeError(error));
    if (!ending) end();
  });
}

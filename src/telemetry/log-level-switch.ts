import type { Logger } from 'pino';

/** Nobody forgets the debug level on for longer than this. */
const backAfterMs = 10 * 60_000;

/**
 * Switches a log to `debug`, and back to what it was when called again or after ten minutes: for a signal handler,
 * so that a process in trouble can be watched without a restart. What is logged at `debug` is no more personal.
 */
export function createLogLevelSwitch(log: Logger): () => void {
  const usual = log.level;
  let timer: NodeJS.Timeout | undefined;
  const back = (): void => {
    clearTimeout(timer);
    timer = undefined;
    log.level = usual;
    log.warn({ logLevel: usual }, 'log level restored');
  };
  return () => {
    if (timer !== undefined) {
      back();
      return;
    }
    timer = setTimeout(back, backAfterMs).unref();
    log.level = 'debug';
    log.warn({ logLevel: 'debug', backAfterMs }, 'log level switched by SIGUSR2');
  };
}

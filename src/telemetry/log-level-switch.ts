import type { Logger } from 'pino';

/** The debug level is reset after this time, in case it is forgotten. */
const backAfterMs = 10 * 60_000;

/**
 * Switches a log to `debug`, and back when called again or after ten minutes. For a signal handler, so that a process
 * in trouble can be observed without a restart. Level `debug` logs no more personal data than other levels.
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

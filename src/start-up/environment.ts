/**
 * Removes variables from the environment that libraries would read by themselves. With `APOLLO_KEY`, Apollo Server
 * reports to GraphOS, and refuses to start if its variables contradict each other; with `DEBUG`, ioredis prints its
 * commands, passwords included. Only `src/config/config.ts` decides what a variable does.
 */
export function hideFromLibraries(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(environment)) {
    if (name.startsWith('APOLLO_') || name === 'DEBUG') delete environment[name];
  }
}

/**
 * Removes the headers for collectors once they are read. The exporter would add those of
 * `OTEL_EXPORTER_OTLP_HEADERS`, which may hold another collector's token, to those for traces, which replace them.
 */
export function hideCollectorHeaders(environment: NodeJS.ProcessEnv): void {
  delete environment['OTEL_EXPORTER_OTLP_HEADERS'];
  delete environment['OTEL_EXPORTER_OTLP_TRACES_HEADERS'];
}

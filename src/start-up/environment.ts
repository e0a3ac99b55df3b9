/**
 * Takes out of the environment what libraries would read behind the gateway's back. Apollo Server reports to GraphOS
 * under `APOLLO_KEY`, and refuses to start where its variables contradict each other; ioredis prints its commands,
 * passwords included, under `DEBUG`. Only `src/config/config.ts` decides what a variable does.
 */
export function hideFromLibraries(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(environment)) {
    if (name.startsWith('APOLLO_') || name === 'DEBUG') delete environment[name];
  }
}

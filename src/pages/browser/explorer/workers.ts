/** Where the bundle has put the editor's workers, by the label that the editor asks for. */
declare const WORKER_URLS: Readonly<Record<string, string>>;

/** Has the editor think in workers of our own origin: the policy of the page lets it take no others. */
export function provideWorkers(): void {
  Object.assign(globalThis, {
    MonacoEnvironment: {
      getWorker: (_id: string, label: string) =>
        new Worker(WORKER_URLS[label] ?? WORKER_URLS['editor'] ?? ''),
    },
  });
}

/** The URLs of the editor's workers in the bundle, by the editor's label. */
declare const WORKER_URLS: Readonly<Record<string, string>>;

/** Makes the editor use workers from our own origin: the page's content security policy allows no others. */
export function provideWorkers(): void {
  Object.assign(globalThis, {
    MonacoEnvironment: {
      getWorker: (_id: string, label: string) =>
        new Worker(WORKER_URLS[label] ?? WORKER_URLS['editor'] ?? ''),
    },
  });
}

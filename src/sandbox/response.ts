/** A response before it is written to a socket. */
export interface SandboxResponse {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** False if the work had not started: a refused parameter, a limit. A retry with the key then runs. */
  readonly kept?: false;
  /** The body for a repeat under the same key, where it can differ from the first (v2 only). */
  readonly updated?: () => object;
}

/** A response before it is written to a socket. */
export interface SandboxResponse {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** False if the request was not processed, as for a refused parameter or a rate limit: a retry will be. */
  readonly kept?: false;
  /** The body for a repeat under the same key, if it can differ from the first (v2 only). */
  readonly updated?: () => object;
}

/** An answer before it is written to a socket. */
export interface SandboxAnswer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** False where the work had not begun: a refused parameter, a limit. A repeat with the key then runs. */
  readonly kept?: false;
  /** The body for a repeat under the same key, where it can differ from the first (v2 only). */
  readonly updated?: () => object;
}

import { type SandboxCase, sandboxCases } from './cases.ts';
import { Journal, type JournalEntry } from './journal.ts';
import type { SandboxApi } from './magic-request.ts';
import { Sandbox, sandboxKey } from './sandbox.ts';

/** The sandbox beside the gateway. */
export interface BuiltInSandbox {
  /** The URL and the key to use instead of Stripe's. */
  readonly settings: { readonly apiUrl: string; readonly secretKey: string };
  /** What the playground shows of the sandbox; undefined without a playground. */
  readonly playground:
    | {
        readonly cases: readonly SandboxCase[];
        readonly callsUnder: (key: string) => readonly JournalEntry[];
      }
    | undefined;
  close(): Promise<void>;
}

/** Starts a sandbox on a free port of this machine. */
export async function startBuiltInSandbox(options: {
  readonly sandboxFaultShare: number;
  /** Whether the pages are served; if so, received calls are kept for the playground. */
  readonly explorer: boolean;
  /** The API that the gateway uses. The sandbox serves both; the playground shows the cases of this one. */
  readonly api?: SandboxApi;
}): Promise<BuiltInSandbox> {
  const journal = options.explorer ? new Journal() : undefined;
  const sandbox = new Sandbox({ faultShare: options.sandboxFaultShare, journal });
  return {
    settings: { apiUrl: await sandbox.listen('127.0.0.1', 0), secretKey: sandboxKey },
    playground: journal && {
      cases: sandboxCases[options.api ?? 'v1'],
      callsUnder: (key) => journal.under(key),
    },
    close: () => sandbox.close(),
  };
}

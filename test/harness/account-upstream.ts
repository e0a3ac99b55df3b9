import { createServer, request as forward, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Sandbox } from '../../src/sandbox/sandbox.ts';

/** The sandbox, in which the requests for single accounts can be made to fail or hang. */
export interface AccountUpstream {
  readonly url: string;
  /** The evaluations made, in all accounts. */
  readonly created: number;
  /** The idempotency keys of all requests for an account, in order. */
  keysOf(account: string): readonly string[];
  /** Responds to every further request for an account with this fault; without one, as the sandbox does. */
  treat(account: string, fault?: (response: ServerResponse) => void): void;
  /**
   * Holds every further request for an account. Returns the number of held requests and a function that releases them.
   */
  hold(account: string): { readonly held: number; release(): void };
  /** Forgets the keys seen so far. */
  forget(): void;
  close(): Promise<void>;
}

export async function startAccountUpstream(): Promise<AccountUpstream> {
  const sandbox = new Sandbox();
  const target = await sandbox.listen('127.0.0.1', 0);
  const keys = new Map<string, string[]>();
  const treatments = new Map<string, (response: ServerResponse, work: () => void) => void>();

  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    const account = String(headers['stripe-account']);
    keys.set(account, [...(keys.get(account) ?? []), String(headers['idempotency-key'])]);
    const work = (): void => {
      const forwarded = forward(target + url, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      });
      request.pipe(forwarded);
    };
    const treatment = treatments.get(account);
    if (treatment === undefined) work();
    else treatment(response, work);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get created() {
      return sandbox.created;
    },
    keysOf: (account) => keys.get(account) ?? [],
    treat(account, fault) {
      if (fault === undefined) treatments.delete(account);
      else treatments.set(account, fault);
    },
    hold(account) {
      const held: (() => void)[] = [];
      treatments.set(account, (_response, work) => held.push(work));
      return {
        get held() {
          return held.length;
        },
        release() {
          treatments.delete(account);
          for (const work of held.splice(0)) work();
        },
      };
    },
    forget: () => keys.clear(),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await sandbox.close();
    },
  };
}

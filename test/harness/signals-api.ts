import { Sandbox, type SandboxOptions, sandboxKey } from '../../src/sandbox/sandbox.ts';

/** The sandbox's v2 API on a real socket, with a clock that the test moves. */
export interface SignalsApi {
  readonly sandbox: Sandbox;
  readonly url: string;
  /** Moves the clock forward. */
  pass(ms: number): void;
  /** Sends JSON, or a string unchanged. Undefined headers are left out. */
  send(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string | undefined>,
  ): Promise<SignalsAnswer>;
  create(body: unknown, headers?: Record<string, string | undefined>): Promise<SignalsAnswer>;
  read(id: string, headers?: Record<string, string | undefined>): Promise<SignalsAnswer>;
}

/** The body of a response: an evaluation, an activity or an error. */
interface SignalsBody {
  readonly id: string;
  readonly created: string;
  readonly pending_signals: string[];
  readonly evaluated_signals: Record<string, { readonly score?: string }>;
  readonly error?: object;
}

interface SignalsAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: SignalsBody;
}

export const evaluationsPath = '/v2/signals/account_evaluations';

export async function startSignalsApi(options: SandboxOptions = {}): Promise<SignalsApi> {
  let now = Date.parse('2026-11-26T03:00:00.000Z');
  const sandbox = new Sandbox({ now: () => now, ...options });
  const url = await sandbox.listen('127.0.0.1', 0);
  const send: SignalsApi['send'] = async (method, path, body, headers = {}) => {
    const all = {
      authorization: `Bearer ${sandboxKey}`,
      'stripe-version': '2026-09-30.preview',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    };
    const sent = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const response = await fetch(url + path, {
      method,
      headers: sent,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as SignalsBody,
    };
  };
  return {
    sandbox,
    url,
    send,
    pass: (ms) => {
      now += ms;
    },
    create: (body, headers) => send('POST', evaluationsPath, body, headers),
    read: (id, headers) => send('GET', `${evaluationsPath}/${id}`, undefined, headers),
  };
}

/** A registration's evaluation, with the magic words in its Radar Session. */
export function evaluationOf(radarSession: string, requested: readonly string[] = ['user_multi_accounting']) {
  return {
    account_details: { customer: 'cus_1' },
    requested_signals: requested,
    account_activity_details: {
      data: {
        type: 'registration_attempt',
        registration_attempt: { client_details: { radar_session: radarSession } },
      },
    },
  };
}

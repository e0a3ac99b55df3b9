import ky, { HTTPError, type KyInstance, type Options } from 'ky';
import { readAnswer, type UpstreamAnswer } from './answer.ts';
import { failureOfAnswer, failureOfError } from './failure-of.ts';
import { encodeForm, type FormHash } from './form-encoding.ts';
import { type RawAnswer, Transport } from './transport.ts';

export interface StripeSettings {
  /** Scheme, host and port; no path. */
  readonly apiUrl: string;
  /** A secret (`sk_`) or restricted (`rk_`) key. */
  readonly secretKey: string;
  /** Sent as `Stripe-Version`. */
  readonly apiVersion: string;
  /** Sent as `Stripe-Account` (Connect). */
  readonly account: string | undefined;
  /** One attempt, body included. */
  readonly timeoutMs: number;
  readonly maxConcurrency: number;
}

export interface GetCall {
  /** A path below `apiUrl`; whatever a client wrote in it must be percent-encoded. */
  readonly path: string;
}

export interface PostCall extends GetCall {
  readonly params: FormHash;
  /** Without one, a dropped connection would hide whether the call was processed. */
  readonly idempotencyKey: string;
}

/**
 * The upstream's HTTP interface: sends a call, and answers with JSON of unknown shape or throws a `Failure`.
 * Source: https://docs.stripe.com/api (authentication, versioning, idempotent requests).
 */
export class StripeClient {
  readonly #transport: Transport;
  readonly #ky: KyInstance;

  constructor(settings: StripeSettings) {
    this.#transport = new Transport({
      origin: settings.apiUrl,
      connectTimeoutMs: settings.timeoutMs,
      maxConnections: settings.maxConcurrency,
    });
    this.#ky = ky.create({
      prefix: settings.apiUrl,
      timeout: settings.timeoutMs,
      retry: 0,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${settings.secretKey}`,
        'stripe-version': settings.apiVersion,
        ...(settings.account === undefined ? {} : { 'stripe-account': settings.account }),
      },
    });
  }

  get(call: GetCall): Promise<UpstreamAnswer> {
    return this.#send(call.path, { method: 'get' }, null);
  }

  post(call: PostCall): Promise<UpstreamAnswer> {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'idempotency-key': call.idempotencyKey,
    };
    return this.#send(call.path, { method: 'post', headers }, encodeForm(call.params));
  }

  async #send(path: string, options: Options, form: string | null): Promise<UpstreamAnswer> {
    let answer: RawAnswer | undefined;
    try {
      await this.#ky(path, {
        ...options,
        // The form and the answer's text travel beside ky, which decides by status alone: in a Request or
        // Response each would become a web stream, teed for every clone. And as the text is read in here, ky's
        // time limit covers a body that drips.
        fetch: async (request) => {
          answer = await this.#transport.send(request as Request, form);
          return new Response(null, { status: answer.status });
        },
      });
    } catch (error) {
      throw error instanceof HTTPError && answer !== undefined
        ? failureOfAnswer(answer)
        : failureOfError(error);
    }
    if (answer === undefined) throw new Error('ky reported success without having called fetch');
    return readAnswer(answer);
  }

  /** Waits for the calls under way, then closes the connections. */
  close(): Promise<void> {
    return this.#transport.close();
  }
}

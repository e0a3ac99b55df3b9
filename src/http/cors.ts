import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { HttpSettings } from '../config/http-settings.ts';
import { LoggedOnce } from './logged-once.ts';

const varyWithOrigin = 'Accept, Origin';
const exposedHeaders = ['retry-after', 'x-request-id'];

/** Pages of this machine, such as those of Vite's development server. */
const localOrigin = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/;
/**
 * The origins that browsers send (RFC 6454, 6.2), restricted to characters that are safe to log; `null` is the origin of
 * a page that has none, such as a file.
 */
const anyOrigin = /^null$|^[a-z][a-z0-9+.-]{0,30}:\/\/[a-z0-9.[\]:-]{1,253}$/;

const maxLoggedOrigins = 100;

/** Which pages of other origins may call. */
export class Origins {
  readonly #exact: readonly string[];
  readonly #local: boolean;
  readonly #logged = new LoggedOnce(maxLoggedOrigins);

  constructor({ corsOrigins, corsLocal }: Pick<HttpSettings, 'corsOrigins' | 'corsLocal'>) {
    this.#exact = corsOrigins;
    this.#local = corsLocal;
  }

  /** Whether any origins may call. */
  get allowsAny(): boolean {
    return this.#exact.length > 0 || this.#local;
  }

  allows(origin: string): boolean {
    return this.#exact.includes(origin) || (this.#local && localOrigin.test(origin));
  }

  /**
   * The headers that let a page read a response that is written without Fastify. If the origin is unknown, as with
   * headers that are too large, the only allowed origin is sent, if there is just one: browsers let no other page read
   * the response.
   */
  headersFor(origin: string | undefined): Readonly<Record<string, string>> {
    if (!this.allowsAny) return {};
    const readable = origin ?? (this.#exact.length === 1 ? this.#exact[0] : undefined);
    return readable === undefined || !this.allows(readable)
      ? { vary: varyWithOrigin }
      : {
          vary: varyWithOrigin,
          'access-control-allow-origin': readable,
          'access-control-expose-headers': exposedHeaders.join(', '),
        };
  }

  /** Logs each refused origin once an hour: the browser reports the error to its user only, not to the operator. */
  logRefused(origin: string, host: string | undefined, log: Logger): void {
    if (this.allows(origin)) return;
    // A page of the gateway itself, so same-origin.
    if (origin.slice(origin.indexOf('://') + 3) === host) return;
    if (!anyOrigin.test(origin) || !this.#logged.admits(origin)) return;
    const advice =
      origin === 'null'
        ? 'the page has none, such as a file: serve it over http'
        : 'add it to CORS_ORIGINS if its pages may call';
    log.warn({ origin }, `origin refused by CORS: ${advice}`);
  }

  /** Adds the headers to Fastify's responses, and answers preflights. */
  async serve(server: FastifyInstance): Promise<void> {
    if (!this.allowsAny) return;
    await server.register(cors, {
      origin: [...this.#exact, ...(this.#local ? [localOrigin] : [])],
      methods: ['GET', 'POST'],
      exposedHeaders,
      maxAge: 600,
    });
  }
}

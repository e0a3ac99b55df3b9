import { isLoopback } from './setting-types.ts';
import type { Settings } from './settings.ts';

/** The graceful shutdown of the server. */
export interface DrainSettings {
  /**
   * How long requests are still served after the signal, so that load balancers notice that the server is not ready.
   */
  readonly delayMs: number;
  /** How long requests in flight may then take to complete. */
  readonly limitMs: number;
}

export interface HttpSettings {
  /** Exact origins that browsers may call from. */
  readonly corsOrigins: readonly string[];
  /** Whether pages on localhost may call, from any port. */
  readonly corsLocal: boolean;
  /** The `Host` names to accept, in lower case; any if undefined. */
  readonly allowedHosts: readonly string[] | undefined;
  readonly maxBodyBytes: number;
  readonly maxEventLoopDelayMs: number;
  /** The addresses and networks of the proxies whose `X-Forwarded-For` is trusted. */
  readonly trustProxy: readonly string[];
  /** The time to receive a complete request. */
  readonly requestTimeoutMs: number;
  /** The time for a client to read its response. */
  readonly responseTimeoutMs: number;
  /** How long an idle connection is kept; must exceed the load balancer's idle timeout. */
  readonly keepAliveMs: number;
  readonly drain: DrainSettings;
}

export function httpOf(values: Settings): HttpSettings {
  return {
    corsOrigins: values.CORS_ORIGINS ?? [],
    corsLocal: values.NODE_ENV !== 'production' && values.CORS_ORIGINS === undefined,
    allowedHosts: allowedHostsOf(values),
    maxBodyBytes: values.MAX_BODY_BYTES,
    maxEventLoopDelayMs: values.MAX_EVENT_LOOP_DELAY_MS,
    trustProxy: values.TRUST_PROXY ?? [],
    requestTimeoutMs: values.REQUEST_TIMEOUT_MS,
    responseTimeoutMs: values.RESPONSE_TIMEOUT_MS,
    keepAliveMs: values.KEEP_ALIVE_MS,
    // A call that started at the last moment still gets its whole deadline, plus a little time to write its response.
    drain: { delayMs: values.DRAIN_DELAY_MS, limitMs: values.UPSTREAM_DEADLINE_MS + 2_000 },
  };
}

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Prevents DNS rebinding: a page whose name resolves to this machine could otherwise call a gateway on loopback without
 * credentials. In other deployments, the proxy in front must check host names.
 */
function allowedHostsOf(values: Settings): readonly string[] | undefined {
  const { ALLOWED_HOSTS: hosts, AUTH_MODE: mode, HOST: address, NODE_ENV: environment } = values;
  if (hosts !== undefined) return [...new Set([...loopbackNames, ...hosts])];
  const isOpen = environment !== 'production' && (mode === undefined || mode === 'none');
  if (!isOpen || !isLoopback(address)) return undefined;
  return [...new Set([...loopbackNames, address === '::1' ? '[::1]' : address.toLowerCase()])];
}

import { isLoopback } from './setting-types.ts';
import type { Settings } from './settings.ts';

/** How the server ends. */
export interface DrainSettings {
  /** Still served for so long after it is asked to end: until balancers have noticed that it is not ready. */
  readonly delayMs: number;
  /** What is in flight then has so long to end. */
  readonly limitMs: number;
}

export interface HttpSettings {
  /** Exact origins that browsers may call from. */
  readonly corsOrigins: readonly string[];
  /** Whether pages of this machine may call, from any port. */
  readonly corsLocal: boolean;
  /** The names in `Host` to answer to, in lower case; any, if undefined. */
  readonly allowedHosts: readonly string[] | undefined;
  readonly maxBodyBytes: number;
  readonly maxEventLoopDelayMs: number;
  /** The addresses and networks of the proxies whose `X-Forwarded-For` is trusted. */
  readonly trustProxy: readonly string[];
  /** A request must have arrived whole after so long. */
  readonly requestTimeoutMs: number;
  /** An answer must have been read after so long. */
  readonly responseTimeoutMs: number;
  /** An idle connection is kept so long: longer than the load balancer in front keeps it. */
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
    // A call that began at the last moment has its whole deadline, and a little to write its answer.
    drain: { delayMs: values.DRAIN_DELAY_MS, limitMs: values.UPSTREAM_DEADLINE_MS + 2_000 },
  };
}

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/**
 * A page whose name was made to resolve to this machine (DNS rebinding) would reach a gateway that nobody else can
 * reach, and that asks for no credentials. Elsewhere names are the business of what is in front.
 */
function allowedHostsOf(values: Settings): readonly string[] | undefined {
  const { ALLOWED_HOSTS: hosts, AUTH_MODE: mode, HOST: address, NODE_ENV: environment } = values;
  if (hosts !== undefined) return [...loopbackNames, ...hosts];
  const isOpen = environment !== 'production' && (mode === undefined || mode === 'none');
  return isOpen && isLoopback(address) ? [...loopbackNames, address.toLowerCase()] : undefined;
}

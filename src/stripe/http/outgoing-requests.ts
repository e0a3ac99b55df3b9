import { type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';

/** How the gateway sends requests, to Stripe and to an issuer's key set. */
export interface OutgoingRequests {
  /** The product and its version (RFC 9110, 10.1.5): some firewalls refuse requests without one. */
  readonly userAgent: string;
  /** Undefined if no proxy is set: connections then go directly to the origin. */
  readonly openPool?: OpenPool | undefined;
}

/** Opens the connections to an origin as they are needed. */
export type OpenPool = (origin: string, options: PoolOptions) => Dispatcher;

/** The connect function that undici passes on. */
type Tunnel = Required<Pick<Pool.Options, 'connect'>>;

type PoolOptions = Pool.Options & { readonly connect: { readonly timeout: number } };

export interface ProxySettings {
  /** `http` or `https`; may hold a user and a password, and is never logged. */
  readonly url: string;
  /** Hosts to call directly, in the format of `NO_PROXY`. */
  readonly exceptions: string;
}

/** Requests go through the proxy, if one is set. */
export function createOutgoingRequests(
  userAgent: string,
  proxy: ProxySettings | undefined,
): OutgoingRequests {
  return { userAgent, openPool: proxy && poolsThrough(proxy) };
}

/**
 * Connections through the proxy: a tunnel each (CONNECT), with end-to-end TLS, so that the proxy sees only the host.
 * Plain http bypasses the proxy: it is only allowed to this machine.
 */
function poolsThrough({ url, exceptions }: ProxySettings): OpenPool {
  return (origin, options) => {
    const { timeout } = options.connect;
    return new EnvHttpProxyAgent({
      httpProxy: '',
      httpsProxy: url,
      noProxy: exceptions,
      connectTimeout: timeout,
      // Options for direct connections; a tunnel replaces them with a function.
      connect: options.connect,
      factory: (_origin, { connect }: Tunnel) => new Pool(origin, { ...options, connect }),
      requestTls: { allowH2: false },
      proxyTls: { allowH2: false },
      // A proxy that does not answer CONNECT counts as unreachable.
      clientFactory: (proxy, { connect }: Tunnel) =>
        new Pool(proxy.origin, { connect, headersTimeout: timeout }),
    });
  };
}

import { type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';

/** How requests leave the gateway, to Stripe as to an issuer's key set. */
export interface OutgoingRequests {
  /** The product and its version (RFC 9110, 10.1.5): some firewalls refuse requests without one. */
  readonly userAgent: string;
  /** Undefined where no proxy is set: connections then lead to the origin itself. */
  readonly openPool?: OpenPool | undefined;
}

/** Opens the connections to an origin as they are needed. */
export type OpenPool = (origin: string, options: PoolOptions) => Dispatcher;

/** How undici hands on what makes a connection. */
type Tunnel = Required<Pick<Pool.Options, 'connect'>>;

type PoolOptions = Pool.Options & { readonly connect: { readonly timeout: number } };

export interface ProxySettings {
  /** `http` or `https`; may hold a user and a password, and is never logged. */
  readonly url: string;
  /** Hosts that are called directly, as `NO_PROXY` lists them. */
  readonly exceptions: string;
}

/** Requests that go through the proxy, where one is set. */
export function createOutgoingRequests(
  userAgent: string,
  proxy: ProxySettings | undefined,
): OutgoingRequests {
  return { userAgent, openPool: proxy && poolsThrough(proxy) };
}

/**
 * Connections through the proxy: a tunnel each (CONNECT), with TLS from end to end, so that the proxy reads the host
 * and nothing else. Plain http is never sent through it: that only leads to this machine.
 */
function poolsThrough({ url, exceptions }: ProxySettings): OpenPool {
  return (origin, options) => {
    const { timeout } = options.connect;
    return new EnvHttpProxyAgent({
      httpProxy: '',
      httpsProxy: url,
      noProxy: exceptions,
      connectTimeout: timeout,
      // Direct connections take these; a tunnel is a function in their place.
      connect: options.connect,
      factory: (_origin, { connect }: Tunnel) => new Pool(origin, { ...options, connect }),
      requestTls: { allowH2: false },
      proxyTls: { allowH2: false },
      // A proxy that does not answer CONNECT takes no connection.
      clientFactory: (proxy, { connect }: Tunnel) =>
        new Pool(proxy.origin, { connect, headersTimeout: timeout }),
    });
  };
}

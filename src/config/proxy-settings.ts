import type { ProxySettings } from '../stripe/http/outgoing-requests.ts';
import type { Environment, Settings } from './settings.ts';

// Lower case takes precedence, as in curl and undici.
export function withProxies(environment: Environment): Environment {
  return {
    ...environment,
    HTTPS_PROXY: environment['https_proxy'] || environment['HTTPS_PROXY'],
    NO_PROXY: environment['no_proxy'] || environment['NO_PROXY'],
  };
}

/** Undefined if requests go directly. */
export function proxyOf({ HTTPS_PROXY: url, NO_PROXY: exceptions }: Settings): ProxySettings | undefined {
  if (url === undefined) return undefined;
  // As in Go and curl, loopback is excluded: the sandbox and stripe-mock are called directly.
  return { url, exceptions: [exceptions, 'localhost', '127.0.0.1', '::1'].join(',') };
}

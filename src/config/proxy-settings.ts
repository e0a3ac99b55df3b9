import type { ProxySettings } from '../stripe/http/outgoing-requests.ts';
import type { Environment, Settings } from './settings.ts';

// In lower case first, as curl and undici read them.
export function withProxies(environment: Environment): Environment {
  return {
    ...environment,
    HTTPS_PROXY: environment['https_proxy'] || environment['HTTPS_PROXY'],
    NO_PROXY: environment['no_proxy'] || environment['NO_PROXY'],
  };
}

/** Undefined where requests go directly. */
export function proxyOf({ HTTPS_PROXY: url, NO_PROXY: exceptions }: Settings): ProxySettings | undefined {
  if (url === undefined) return undefined;
  // As with Go and curl, never to this machine: the sandbox and stripe-mock are called directly.
  return { url, exceptions: [exceptions, 'localhost', '127.0.0.1', '::1'].join(',') };
}

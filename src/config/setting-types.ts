import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import * as z from 'zod';

/* The types of settings, each with the text for its error message. */

export function accepts<Type extends z.ZodType>(words: string, type: Type): Type {
  return type.meta({ accepts: words });
}

export function wholeNumber(from: number, to: number) {
  return accepts(
    `a whole number from ${from} to ${to}`,
    z
      .string()
      .regex(/^\d{1,9}$/)
      .transform(Number)
      .refine((value) => value >= from && value <= to),
  );
}

export function wholeNumberOrOff(from: number, to: number) {
  return accepts(
    `a whole number from ${from} to ${to}, or off`,
    z
      .string()
      .regex(/^(\d{1,9}|off)$/)
      .transform((text) => (text === 'off' ? undefined : Number(text)))
      .refine((value) => value === undefined || (value >= from && value <= to)),
  );
}

/** Whether a Stripe key is of live mode, where evaluations are billed. */
export function isLiveKey(key: string): boolean {
  return /^(sk|rk|sk_org)_live_/.test(key);
}

export function secretFile(secret: string) {
  return accepts('the path of a file that can be read', z.string())
    .optional()
    .describe(`a file that holds \`${secret}\`; reloaded when it changes, without a restart`);
}

export function share() {
  return accepts(
    'a number from 0 to 1',
    z
      .string()
      .regex(/^(\d(\.\d{0,6})?|\.\d{1,6})$/)
      .transform(Number)
      .refine((number) => number <= 1),
  );
}

export function otlpProtocol() {
  return accepts('http/protobuf', z.literal('http/protobuf')).optional();
}

export function httpUrl() {
  return accepts(
    'an http or https URL, without user or password',
    z.string().refine((url) => URL.canParse(url) && /^https?:\/\/[^@]*$/i.test(new URL(url).href)),
  );
}

export function pairs() {
  return accepts(
    'name=value pairs, comma separated, with values percent-encoded',
    z
      .string()
      .regex(/^[^=,]+=[^,]*(,[^=,]+=[^,]*)*,?$/)
      .refine(isDecodable),
  );
}

/** Like `pairs`, but each name and value must be valid in a header (RFC 9110, 5.5 and 5.6.2). */
export function headerPairs() {
  return accepts(
    'name=value pairs, comma separated, with header names and percent-encoded values',
    pairs().refine((list) =>
      list
        .split(',')
        .filter(Boolean)
        .every((pair) => {
          const [, name = '', value = ''] = /^([^=]+)=(.*)$/.exec(pair) ?? [];
          return (
            /^[\w!#$%&'*+.^`|~-]+$/.test(name.trim()) && /^[\t\x20-\x7e]*$/.test(decodeURIComponent(value))
          );
        }),
    ),
  );
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

export function onOff() {
  return accepts(
    'on or off',
    z.enum(['on', 'off']).transform((word) => word === 'on'),
  );
}

export function isBareUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const bare =
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === '' &&
    url.username === '' &&
    url.password === '';
  return bare && isSafeUrl(url);
}

// Without a scheme it is http, as in curl.
export function proxyOrigin(text: string): string {
  return text.includes('://') ? text : `http://${text}`;
}

export function isProxy(text: string): boolean {
  try {
    const url = new URL(proxyOrigin(text));
    decodeURIComponent(url.username + url.password);
    // undici sends an IP address as the TLS server name, which Node rejects.
    const isReachable =
      url.protocol === 'http:' || (url.protocol === 'https:' && !/^[\d.]+$|^\[/.test(url.hostname));
    return isReachable && url.pathname === '/' && url.search === '' && url.hash === '';
  } catch {
    return false;
  }
}

// ioredis percent-decodes both parts, and throws if it can't.
export function hasReadableUser({ username, password }: URL): boolean {
  return isDecodable(username) && isDecodable(password);
}

// `redis:6379`, as in compose files, parses as a scheme and a path, without a host.
export function isRedisUrl(url: URL): boolean {
  return (
    /^rediss?:$/.test(url.protocol) &&
    url.hostname !== '' &&
    hasReadableUser(url) &&
    /^\/?\d{0,4}$/.test(url.pathname)
  );
}

// Plain http to another machine could be read and changed on the way.
export function isSafeUrl(url: URL): boolean {
  const loopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopback);
}

// In the format of Fastify's `trustProxy`.
export function isNetwork(text: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  // ipaddr.js also accepts 1 and 127.1 as addresses, like C's inet_aton.
  const [address = ''] = text.split('/');
  return isIP(address) !== 0 && (text.includes('/') ? ipaddr.isValidCIDR(text) : true);
}

/** Whether a host name or address is loopback. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1)$/i.test(host);
}

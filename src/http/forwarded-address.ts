import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Fastify's names for networks (proxy-addr). */
const namedNetworks: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/**
 * The address in an entry of `X-Forwarded-For`. Some proxies add the port (Azure Application Gateway, IIS) and put IPv6
 * addresses in brackets (RFC 7239, 6); some quote the result. Undefined for everything else.
 */
export function addressIn(entry: string): string | undefined {
  const text = /^"(.*)"$/.exec(entry.trim())?.[1] ?? entry.trim();
  const { bracketed, bare } =
    /^(?:\[(?<bracketed>[^\]]+)\](?::\d{1,5})?|(?<bare>[\d.]+):\d{1,5})$/.exec(text)?.groups ?? {};
  const [address = ''] = (bracketed ?? bare ?? text).split('%');
  const version = isIP(address);
  if (version === 0 || (bracketed !== undefined && version !== 6)) return undefined;
  return address;
}

/** Whether an entry of `X-Forwarded-For`, or the address of a connection, is that of a trusted proxy. */
export type IsTrustedProxy = (entry: string | undefined) => boolean;

/**
 * The same address as Fastify's `request.ip`, before Fastify has seen the request: the rightmost one that is not a
 * trusted proxy.
 */
export function clientAddress(
  { socket, headers }: IncomingMessage,
  isTrusted: IsTrustedProxy,
): string | undefined {
  const { remoteAddress } = socket;
  const forwarded = headers['x-forwarded-for'];
  if (remoteAddress === undefined || forwarded === undefined || !isTrusted(remoteAddress))
    return remoteAddress;
  const hops = String(forwarded)
    .split(',')
    .filter((hop) => hop.trim() !== '');
  return addressIn(hops.findLast((hop) => !isTrusted(hop)) ?? hops[0] ?? '') ?? remoteAddress;
}

/** A function for Fastify's `trustProxy`. */
export function trustedProxies(networks: readonly string[]): IsTrustedProxy {
  const trusted = new BlockList();
  for (const network of networks.flatMap((name) => namedNetworks[name] ?? [name])) {
    const [text = '', bits] = network.split('/');
    const [address = ''] = text.split('%');
    // An IPv4-mapped IPv6 network, ::ffff:192.0.2.0/120, is that IPv4 network.
    const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
    const family = mapped === undefined ? familyOf(address) : 'ipv4';
    if (bits === undefined) trusted.addAddress(mapped ?? address, family);
    else if (mapped === undefined) trusted.addSubnet(address, Number(bits), family);
    else trusted.addSubnet(mapped, Math.max(Number(bits) - 96, 0), family);
  }
  return (entry) => {
    const address = entry === undefined ? undefined : addressIn(entry);
    return address !== undefined && trusted.check(address, familyOf(address));
  };
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

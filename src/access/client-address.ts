import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * The rate limit key of an address: an IPv4 address itself; for IPv6 its /64 network, since a single host owns a whole
 * one (RFC 6177) and could use another address for each call. Undefined if the text is not an address.
 */
export function addressKey(text: string | undefined): string | undefined {
  // Node appends the interface to a link-local address, and ipaddr.js accepts fewer names than Node does.
  const bare = text?.replace(/%.*$/s, '') ?? '';
  const version = isIP(bare);
  if (version === 0) return undefined;
  if (version === 4) return bare;
  // Also unwraps an IPv4-mapped IPv6 address, ::ffff:192.0.2.1.
  const address = ipaddr.process(bare);
  if (address.kind() === 'ipv4') return address.toString();
  return `${address.toByteArray().slice(0, 8).join('.')}/64`;
}

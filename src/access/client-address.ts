import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * What an address is counted under: an IPv4 address itself, of IPv6 the /64 network, since a single host has all
 * of one (RFC 6177) and could come from another address each time. Undefined for what is no address.
 */
export function addressKey(text: string | undefined): string | undefined {
  const version = text === undefined ? 0 : isIP(text);
  if (text === undefined || version === 0) return undefined;
  if (version === 4) return text;
  // Also turns an IPv4 address in IPv6's clothes, ::ffff:192.0.2.1, into the one it is.
  const address = ipaddr.process(text);
  if (address.kind() === 'ipv4') return address.toString();
  return `${address.toByteArray().slice(0, 8).join('.')}/64`;
}

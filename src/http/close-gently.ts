import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** How long a client may still read its response before the connection is closed for good. */
const lingerMs = 1_000;

/**
 * Ends the connection with a FIN after its last response, and closes it a moment later. If closed immediately with bytes
 * unread, it would be reset, and the client could lose an answer that it has received (RFC 9112, 9.6).
 */
export function closeGently(socket: Socket): void {
  // What Node calls once the answer that says `Connection: close` is out.
  socket.destroySoon = () => endGently(socket);
}

/** The same for a connection after its last response: the client may not keep it half open for ever. */
export function endGently(socket: Duplex): void {
  socket.end();
  const closing = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => clearTimeout(closing));
}

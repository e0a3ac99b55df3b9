import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** How long a client may still read its response before the connection is closed. */
const lingerMs = 1_000;

/**
 * Half-closes the connection with a FIN after its last response, and closes it a second later. An immediate close with
 * unread bytes would reset the connection, and the client could lose a response that it has received (RFC 9112, 9.6).
 */
export function lingerOnClose(socket: Socket): void {
  // Node calls this once the response with `Connection: close` is sent.
  socket.destroySoon = () => lingeringClose(socket);
}

/** The same for a connection whose last response has been sent: the client may not keep it half open forever. */
export function lingeringClose(socket: Duplex): void {
  socket.end();
  const closing = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => clearTimeout(closing));
}

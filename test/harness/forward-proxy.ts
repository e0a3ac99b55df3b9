import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ForwardProxy {
  /** Host and port. */
  readonly address: string;
  /** Each CONNECT received. */
  readonly tunnels: { target: string; headers: IncomingHttpHeaders }[];
  /** Each request received outside a tunnel. */
  readonly forwarded: string[];
  /** Everything that went through a tunnel, as the proxy sees it. */
  readonly read: () => string;
  /** Sets the response to further CONNECTs; `hang` sends none. */
  answerWith(status: number | 'hang'): void;
  close(): Promise<void>;
}

/** A proxy that connects every host in `ports` to that port of this machine. */
export async function startForwardProxy(
  ports: Readonly<Record<string, number>>,
  certificate?: { key: string; cert: string },
): Promise<ForwardProxy> {
  const tunnels: ForwardProxy['tunnels'] = [];
  const forwarded: string[] = [];
  const sockets = new Set<Duplex>();
  let read = '';
  let answer: number | 'hang' = 200;
  const server = certificate === undefined ? createServer() : createSecureServer(certificate);
  server.on('request', (request, response) => {
    forwarded.push(request.url ?? '');
    response.writeHead(502).end();
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.on('connect', ({ url = '', headers }, socket: Duplex, head: Buffer) => {
    tunnels.push({ target: url, headers });
    socket.on('error', () => undefined);
    if (answer === 'hang') return;
    const port = ports[url];
    if (answer !== 200 || port === undefined) {
      socket.end(`HTTP/1.1 ${answer === 200 ? 502 : answer} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      onward.write(head);
      socket.on('data', (bytes: Buffer) => {
        read += bytes.toString('latin1');
      });
      socket.pipe(onward).pipe(socket);
    });
    sockets.add(onward);
    onward.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels,
    forwarded,
    read: () => read,
    answerWith(next) {
      answer = next;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

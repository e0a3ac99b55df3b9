import { createServer } from 'node:net';

// Below the ports that Linux uses for outgoing connections and for listening on port 0, so that hardly anybody else
// takes the port before it is used.
const [lowest, highest] = [12_000, 32_000];

const given = new Set<number>();

/** A port that nobody listens on at the moment, another one each time. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (given.has(port)) continue;
    given.add(port);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

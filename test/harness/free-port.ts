import { createServer } from 'node:net';

// Below what Linux gives to outgoing connections and to those who listen on 0: between the look and the use of a port,
// nobody else is likely to get it.
const [lowest, highest] = [12_000, 32_000];

/** A port that nobody listens on, for now. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
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

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { GatewayProcess } from './gateway.ts';

/** A connection that sends any bytes, and keeps what it receives. */
export interface RawClient {
  readonly socket: Socket;
  readonly received: () => string;
  readonly isClosed: () => boolean;
  /** Waits until the received text matches. Rejects if the connection ends without a match. */
  until(pattern: RegExp): Promise<string>;
}

export function connectRaw({ url }: Pick<GatewayProcess, 'url'>): RawClient {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let received = '';
  let isClosed = false;
  socket.setEncoding('utf8').on('data', (text: string) => {
    received += text;
  });
  // A reset counts as an end: what was received until then is checked.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isClosed = true;
  });
  return {
    socket,
    received: () => received,
    isClosed: () => isClosed,
    async until(pattern) {
      while (!pattern.test(received)) {
        if (isClosed) throw new Error(`the connection ended, and never ${pattern}: ${received}`);
        await Promise.race([once(socket, 'data'), once(socket, 'close'), delay(1_000)]);
      }
      return received;
    },
  };
}

/** The head of a request to `/graphql`. */
export function headOf(lines: readonly string[] = [], method = 'POST'): string {
  const all = ['host: localhost', 'content-type: application/json', ...lines];
  return `${method} /graphql HTTP/1.1\r\n${all.join('\r\n')}\r\n\r\n`;
}

/** A complete request. */
export function requestWith(body: string, lines: readonly string[] = []): string {
  return headOf([`content-length: ${Buffer.byteLength(body)}`, ...lines]) + body;
}

/** This many spaces, each in a chunk of its own. */
export function oneByteChunks(count: number): Buffer {
  return Buffer.from('1\r\n \r\n'.repeat(count));
}

/** The resident memory of the gateway. */
export function residentMegabytes({ child }: Pick<GatewayProcess, 'child'>): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

/** The peak of resident memory while `work` runs. */
export async function peakMegabytes(
  gateway: Pick<GatewayProcess, 'child'>,
  work: () => Promise<unknown>,
): Promise<number> {
  let peak = residentMegabytes(gateway);
  const watching = setInterval(() => {
    peak = Math.max(peak, residentMegabytes(gateway));
  }, 50);
  try {
    await work();
  } finally {
    clearInterval(watching);
  }
  return Math.max(peak, residentMegabytes(gateway));
}

/** The number of connections that the process has open on its own port. */
export function openConnections({ url }: Pick<GatewayProcess, 'url'>): number {
  const port = Number(new URL(url).port).toString(16).toUpperCase().padStart(4, '0');
  const established = new RegExp(`^\\s*\\d+: \\w+:${port} \\w+:\\w+ (01|08) `);
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .filter((line) => established.test(line)).length;
}

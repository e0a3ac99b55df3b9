import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface GatewayProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** Everything it wrote so far. */
  readonly output: string[];
  /** Its exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>;
}

/** Starts the built gateway as a process of its own, on a free port, which may have so many files open. */
export async function spawnGateway(
  environment: Record<string, string>,
  { maxFiles }: { maxFiles?: number } = {},
): Promise<GatewayProcess> {
  const command = [process.execPath, 'dist/main.js'] as const;
  const limited = ['sh', '-c', `ulimit -n ${maxFiles} && exec "$0" "$@"`, ...command] as const;
  const [program, ...parameters] = maxFiles === undefined ? command : limited;
  const child = spawn(program, parameters, {
    env: { PATH: process.env['PATH'], PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  for await (const line of createInterface({ input: child.stdout })) {
    output.push(line);
    const { msg, url } = JSON.parse(line) as { msg: string; url?: string };
    if (msg === 'listening' && url !== undefined) {
      child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()));
      child.stdout.resume();
      return { url, child, output, exited };
    }
  }
  throw new Error(`the gateway did not start:\n${output.join('\n')}`);
}

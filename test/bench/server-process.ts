import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** A server under measurement, pinned to the first core. Load and upstream run on the other. */
export interface ServerProcess {
  readonly url: string;
  /** User and system CPU seconds so far, as the operating system counts them. */
  cpuSeconds(): number;
  /** Seconds spent so far in collections of young objects. */
  scavengeSeconds(): Promise<number>;
  /** Peak resident memory, in megabytes. */
  peakMegabytes(): number;
  residentMegabytes(): number;
  stop(): Promise<void>;
}

// Below the ports that the kernel uses for outgoing connections.
let nextPort = 20_000;

export async function startProcess(
  command: readonly string[],
  { core, environment }: { core: 0 | 1; environment: Record<string, string> },
): Promise<ServerProcess> {
  const port = nextPort++;
  const node = [process.execPath, '--import', './test/bench/garbage-collection.ts'];
  const child = spawn('taskset', ['-c', String(core), ...node, ...command], {
    env: { PATH: process.env['PATH'], PORT: String(port), ...environment },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const end = (): boolean => child.kill('SIGKILL');
  process.on('exit', end);
  await listening(child);
  const status = (name: string): number => {
    const text = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1]) / 1024;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    cpuSeconds() {
      // Fields 14 and 15, in clock ticks of 10 ms. The command name in field 2 may contain spaces (proc(5)).
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    async scavengeSeconds() {
      const answer = once(child, 'message');
      child.send('scavenges');
      const [milliseconds] = await answer;
      return milliseconds / 1000;
    },
    peakMegabytes: () => Math.round(status('VmHWM')),
    residentMegabytes: () => Math.round(status('VmRSS')),
    async stop() {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      end();
      process.off('exit', end);
      await exited;
    },
  };
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.includes('listening')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`a server ended with ${code} before it listened`)));
  });
}

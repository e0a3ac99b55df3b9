import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { DestinationStream } from 'pino';

/** The buffer for a slow reader; further lines are dropped and counted. */
const maxWaitingBytes = 2 * 1024 * 1024;

/** The time to write buffered lines at exit; the rest is dropped, since an exit must not wait for a reader. */
const closeWithinMs = 1_000;

/** Where log lines go. */
export interface LogOutput extends DestinationStream {
  /** Lines that were dropped, because the reader was too slow or the disk is full. */
  readonly dropped: number;
  /** Waits a moment for buffered lines to be written. */
  close(): Promise<void>;
}

/**
 * Writes log lines to stdout so that a stalled reader, a closed one (`EPIPE`) or a full disk cannot block the gateway.
 * Lines are dropped instead; the next line that can be written is preceded by one with the number of dropped lines. In
 * a terminal, lines are formatted for people.
 *
 * Not pino's own destinations: the synchronous one blocks the process if the reader stalls, and the asynchronous one
 * blocks a thread in the kernel, for which an exit then waits forever.
 */
export async function openLogOutput(stdout: NodeJS.WriteStream & { fd: 1 }): Promise<LogOutput> {
  const { fd, isTTY } = stdout;
  if (isTTY) {
    const { default: pretty } = await import('pino-pretty');
    return {
      write: writerOf(pretty({ sync: true, ignore: 'pid,hostname' })),
      dropped: 0,
      close: async () => {},
    };
  }
  // In Node, a pipe is a socket, written asynchronously. Files and devices are written synchronously.
  return stdout instanceof Socket ? new PipeOutput(stdout) : new FileOutput(fd);
}

function writerOf(stream: { write(line: string): unknown }): (line: string) => void {
  return (line) => {
    stream.write(line);
  };
}

// Lines of one event-loop turn are written together at its end: each write is a system call, which costs as much as
// formatting the line.
class PipeOutput implements LogOutput {
  readonly #stream: Socket;
  #text = '';
  #lines = 0;
  #unreported = 0;
  dropped = 0;

  constructor(stream: Socket) {
    this.#stream = stream;
    // Without a listener, the error of a closed reader would end the process.
    stream.on('error', () => undefined);
    // An exit does not wait for the turn to end, and the last line holds its reason.
    process.once('exit', this.#flush);
  }

  write(line: string): void {
    if (this.#stream.writableLength + this.#text.length > maxWaitingBytes) {
      this.#drop(1);
      return;
    }
    if (this.#lines === 0) setImmediate(this.#flush);
    this.#text += line;
    this.#lines += 1;
  }

  readonly #flush = (): void => {
    const lines = this.#lines;
    const unreported = this.#unreported;
    if (lines === 0) return;
    this.#stream.write(unreported > 0 ? droppedLine(unreported) + this.#text : this.#text, (error) => {
      if (!error) return;
      this.#drop(lines);
      this.#unreported += unreported;
    });
    this.#text = '';
    this.#lines = 0;
    this.#unreported = 0;
  };

  #drop(lines: number): void {
    this.dropped += lines;
    this.#unreported += lines;
  }

  async close(): Promise<void> {
    this.#flush();
    if (this.#stream.writableLength === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, closeWithinMs);
      // Called once all earlier writes have succeeded or failed.
      this.#stream.write('', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

class FileOutput implements LogOutput {
  readonly #descriptor: number;
  #unreported = 0;
  /** Whether the file ends with the part of a line that fitted. */
  #isCutOff = false;
  dropped = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  write(line: string): void {
    if (this.#unreported > 0 && this.#append(droppedLine(this.#unreported))) this.#unreported = 0;
    if (this.#append(line)) return;
    this.dropped += 1;
    this.#unreported += 1;
  }

  /** Whether the whole line was written. A disk that fills up takes the part that fits (write(2)). */
  #append(line: string): boolean {
    const bytes = Buffer.from(this.#isCutOff ? `\n${line}` : line);
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written);
      this.#isCutOff = false;
      return true;
    } catch {
      this.#isCutOff ||= written > 0;
      return false;
    }
  }

  async close(): Promise<void> {
    // Lines are written synchronously.
  }
}

function droppedLine(lines: number): string {
  const time = new Date().toISOString();
  return `${JSON.stringify({ level: 'warn', time, lines, msg: 'log lines were dropped' })}\n`;
}

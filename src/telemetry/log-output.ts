import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { DestinationStream } from 'pino';

/** The buffer for a slow reader; further lines are dropped and counted. */
const maxWaitingBytes = 2 * 1024 * 1024;

/** What waits at the end is written within this, or not at all: an exit waits for no reader. */
const closeWithinMs = 1_000;

/** Where log lines go. */
export interface LogOutput extends DestinationStream {
  /** Lines that were not written, since nobody read or the disk is full. */
  readonly dropped: number;
  /** Waits a moment for what is still to be written. */
  close(): Promise<void>;
}

/**
 * Lines to stdout, such that no reader of theirs can stop the gateway: one who reads no more, one who is gone
 * (`EPIPE`), a disk that is full. Then lines are dropped; the first one that fits again is led by one that says how
 * many. In a terminal, lines are made for people.
 *
 * Not pino's own destinations: the synchronous one stops the process with its reader, and the asynchronous one lets
 * a thread wait in the kernel, for which an exit then waits for ever.
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
  // A pipe is a socket to Node, written to without waiting. What is neither is a file or device: written at once.
  return stdout instanceof Socket ? new PipeOutput(stdout) : new FileOutput(fd);
}

function writerOf(stream: { write(line: string): unknown }): (line: string) => void {
  return (line) => {
    stream.write(line);
  };
}

// What is logged in one turn of the event loop is written at its end, at once: each write is a call to the system,
// which costs as much as making the line.
class PipeOutput implements LogOutput {
  readonly #stream: Socket;
  #text = '';
  #lines = 0;
  #untold = 0;
  dropped = 0;

  constructor(stream: Socket) {
    this.#stream = stream;
    // Without a listener, the error of a reader who is gone would end the process.
    stream.on('error', () => undefined);
    // An exit waits for no turn to end, and why it came is in the last line.
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
    const untold = this.#untold;
    if (lines === 0) return;
    this.#stream.write(untold > 0 ? droppedLine(untold) + this.#text : this.#text, (error) => {
      if (!error) return;
      this.#drop(lines);
      this.#untold += untold;
    });
    this.#text = '';
    this.#lines = 0;
    this.#untold = 0;
  };

  #drop(lines: number): void {
    this.dropped += lines;
    this.#untold += lines;
  }

  async close(): Promise<void> {
    this.#flush();
    if (this.#stream.writableLength === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, closeWithinMs);
      // Called once all that was written before is out, or can't be.
      this.#stream.write('', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

class FileOutput implements LogOutput {
  readonly #descriptor: number;
  #untold = 0;
  dropped = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  write(line: string): void {
    try {
      writeSync(this.#descriptor, this.#untold > 0 ? droppedLine(this.#untold) + line : line);
      this.#untold = 0;
    } catch {
      this.dropped += 1;
      this.#untold += 1;
    }
  }

  async close(): Promise<void> {
    // Each line was written at once.
  }
}

function droppedLine(lines: number): string {
  const time = new Date().toISOString();
  return `${JSON.stringify({ level: 'warn', time, lines, msg: 'log lines were dropped' })}\n`;
}

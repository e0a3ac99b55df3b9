import { ChildProcess } from 'node:child_process';
import { Server, Socket } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { speedOf } from './speeds.ts';

/*
 * Loaded before each test file. `speeds.ts` reads the imports of a unit test and of its harness. Code in src/ is not
 * read; instead, opening a socket or starting a process throws here.
 */
function forbid(prototype: object, name: string, what: string): void {
  const methods = prototype as Record<string, unknown>;
  const original = methods[name];
  beforeAll(() => {
    methods[name] = () => {
      throw new Error(`A unit test ${what}. Import what does so from test/harness/, so that it is none.`);
    };
  });
  afterAll(() => {
    methods[name] = original;
  });
}

const root = path.resolve(import.meta.dirname, '../..');
if (speedOf(path.relative(root, expect.getState().testPath ?? '')) === 'unit') {
  forbid(Socket.prototype, 'connect', 'connects to a server');
  forbid(Server.prototype, 'listen', 'listens');
  forbid(ChildProcess.prototype, 'spawn', 'starts a process');
}

import { execFile } from 'node:child_process';
import { mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { installPackages } from '../../deploy/build/install-packages.ts';

const run = promisify(execFile);
const folder = path.resolve('test/clients');

/** Installs the tools of test/clients, which have a lock file of their own. */
export function installClientTools(): Promise<void> {
  return installPackages('test/clients');
}

/** An empty project with the tools installed. */
export function projectWithTools(): string {
  const project = mkdtempSync(path.join(tmpdir(), 'client-tools-'));
  symlinkSync(path.join(folder, 'node_modules'), path.join(project, 'node_modules'));
  return project;
}

/** Runs a program of the tools in a project; rejects with its output if it fails. */
export async function runTool(project: string, program: string, ...parameters: string[]): Promise<string> {
  const { stdout } = await run(path.join(folder, 'node_modules/.bin', program), parameters, { cwd: project });
  return stdout;
}

/** Runs a script in a project, and parses the JSON that it prints. */
export async function runScript<Result>(project: string, script: string): Promise<Result> {
  const parameters = ['--input-type=module', '--no-warnings', '-e', script];
  const { stdout } = await run(process.execPath, parameters, { cwd: project, maxBuffer: 32 * 1024 * 1024 });
  return JSON.parse(stdout) as Result;
}

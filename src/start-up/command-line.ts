import { StartupError } from './startup-error.ts';

/** The commands on the command line; everything else is set in the environment. */
export type Command = 'gateway' | 'sandbox' | 'check-config' | 'help' | 'version';

// A Map: an object would also have the names of its prototype, such as `constructor`.
const commands: ReadonlyMap<string, Command> = new Map([
  ['sandbox', 'sandbox'],
  ['--check-config', 'check-config'],
  ['--help', 'help'],
  ['-h', 'help'],
  ['--version', 'version'],
  ['-v', 'version'],
]);

/** Reads the command line. Throws a `StartupError` that points to `--help`. */
export function readCommand(args: readonly string[]): Command {
  const [first, ...rest] = args;
  if (first === undefined) return 'gateway';
  const command = commands.get(first);
  const strange = command === undefined ? first : rest[0];
  if (command !== undefined && strange === undefined) return command;
  throw new StartupError(
    `Unknown argument ${JSON.stringify(strange)}. Settings are environment variables, such as ` +
      'PORT=4001 node dist/main.js; --help lists them.',
  );
}

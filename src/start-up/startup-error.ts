import { ConfigError } from '../config/config-error.ts';

/** A problem that a person can fix; the message says how. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}

/** How to fix a failed start; undefined if the failure is a bug. */
export function adviceOn(error: unknown): string | undefined {
  if (error instanceof StartupError) return error.message;
  if (error instanceof ConfigError) {
    return `${error.message}\nEvery setting is described by \`node dist/main.js --help\` and in docs/reference/settings.md.`;
  }
  return isAddressFault(error) ? addressAdvice(error) : undefined;
}

type AddressFault = Error & { code: string; port?: number; setting?: string };

function isAddressFault(error: unknown): error is AddressFault {
  return (
    error instanceof Error &&
    'code' in error &&
    ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'ENOTFOUND'].includes(String(error.code))
  );
}

// Errors of the metrics port name its setting.
function addressAdvice({ code, port, setting = 'PORT' }: AddressFault): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is in use: set ${setting} to another port (0 picks a free one), or stop the process that listens on it.`;
    case 'EACCES':
      return `This user may not open port ${port}: set ${setting} to 1024 or above.`;
    default:
      return 'HOST is not an address of this machine: set it to 127.0.0.1, or to 0.0.0.0 for all addresses.';
  }
}

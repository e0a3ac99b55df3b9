import { type Config, readConfig } from './config.ts';
import { effectiveSettings } from './start-up/check-config.ts';
import { type Command, readCommand } from './start-up/command-line.ts';
import { keepCompiled, writeCompileCache } from './start-up/compile-cache.ts';
import { helpText, version } from './start-up/help.ts';
import { adviceOn } from './start-up/start-fault.ts';
import { welcome } from './start-up/welcome.ts';
import { createLog } from './telemetry/log.ts';

/** What a process of this project serves, how it ends, and what it says once it does both. */
interface Service {
  close(): Promise<void>;
  announce(): void;
}

try {
  await run(readCommand(process.argv.slice(2)));
} catch (error) {
  const advice = adviceOn(error);
  if (advice === undefined) throw error;
  process.stderr.write(`${advice}\n`);
  process.exitCode = 1;
}

async function run(command: Command): Promise<void> {
  switch (command) {
    case 'help':
      process.stdout.write(helpText());
      return;
    case 'version':
      process.stdout.write(`${version()}\n`);
      return;
    case 'check-config':
      process.stdout.write(await checkConfig(readConfig(process.env)));
      return;
    case 'sandbox':
      announce(await serveSandbox(readConfig(process.env)));
      return;
    case 'gateway':
      announce(await serveGateway(readConfig(process.env)));
      return;
    default:
      command satisfies never;
  }
}

function announce(service: Service): void {
  // In this order: whoever reads the announcement may send a signal at once.
  endWith(service);
  service.announce();
}

// Files that the settings name are read as at a start.
async function checkConfig(config: Config): Promise<string> {
  keepCompiled();
  const { trustedDocumentsOf } = await import('./gateway.ts');
  trustedDocumentsOf(config);
  return effectiveSettings(config, process.env);
}

async function serveGateway(config: Config): Promise<Service> {
  // Loaded here, so that --help and a refused setting are told at once.
  keepCompiled();
  const { startGateway } = await import('./gateway.ts');
  const log = createLog(config.logLevel);
  const gateway = await startGateway(config, log);
  return {
    close: () => gateway.close(),
    announce: () => {
      log.info({ url: gateway.url, upstream: config.upstream }, 'listening');
      writeCompileCache();
      process.stderr.write(welcome(gateway.url, config));
    },
  };
}

async function serveSandbox(config: Config): Promise<Service> {
  const { Sandbox, sandboxKey } = await import('./sandbox/sandbox.ts');
  const sandbox = new Sandbox({ faultShare: config.sandboxFaultShare });
  const url = await sandbox.listen(config.host, config.port);
  const text = `The sandbox upstream: ${url}
Point a gateway at it with STRIPE_API_URL=${url} STRIPE_SECRET_KEY=${sandboxKey}
`;
  return { close: () => sandbox.close(), announce: () => process.stderr.write(text) };
}

/** Drains on the first SIGTERM or SIGINT; a second ends the process at once. */
function endWith(service: Service): void {
  let ending = false;
  const end = (): void => {
    if (ending) process.exit(1);
    ending = true;
    service.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

import { type Config, readConfig } from './config/config.ts';
import { packageInfo } from './config/package-info.ts';
import { withSourcePlaces } from './errors/source-map-stack.ts';
import { effectiveSettings } from './start-up/check-config.ts';
import { type Command, readCommand } from './start-up/command-line.ts';
import { cacheCompiledCode, writeCompileCache } from './start-up/compile-cache.ts';
import { configFields } from './start-up/config-fields.ts';
import { hideCollectorHeaders, hideFromLibraries } from './start-up/environment.ts';
import { installGracefulShutdown, type Service } from './start-up/graceful-shutdown.ts';
import { helpText } from './start-up/help.ts';
import { disablePretenuring } from './start-up/pretenuring.ts';
import { requireRuntime } from './start-up/runtime.ts';
import { startupBanner } from './start-up/startup-banner.ts';
import { adviceOn } from './start-up/startup-error.ts';
import { startupWarnings } from './start-up/startup-warnings.ts';
import { createLog } from './telemetry/log.ts';
import { createLogLevelSwitch } from './telemetry/log-level-switch.ts';
import { openLogOutput } from './telemetry/log-output.ts';

/** A service of this process, and its announcement once it listens. */
interface AnnouncedService extends Service {
  announce(): void;
}

// A closed stderr (`EPIPE`) must not end the process. The log has its own listener.
process.stderr.on('error', () => undefined);
hideFromLibraries(process.env);

try {
  await run(readCommand(process.argv.slice(2)));
} catch (error) {
  const advice = adviceOn(error);
  if (advice === undefined) throw withSourcePlaces(error);
  process.stderr.write(`${advice}\n`);
  process.exitCode = 1;
}

async function run(command: Command): Promise<void> {
  switch (command) {
    case 'help':
      process.stdout.write(helpText());
      return;
    case 'version':
      process.stdout.write(`${packageInfo().version}\n`);
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

function announce(service: AnnouncedService): void {
  // In this order: the reader of the announcement may send a signal immediately.
  installGracefulShutdown(service);
  service.announce();
}

// Reads the files that the settings name, as at startup.
async function checkConfig(config: Config): Promise<string> {
  requireRuntime(process.version, packageInfo().engines.node);
  cacheCompiledCode();
  const { loadTrustedDocuments } = await import('./access/trusted-documents.ts');
  loadTrustedDocuments(config.trustedDocuments);
  return effectiveSettings(config, process.env);
}

async function serveGateway(config: Config): Promise<AnnouncedService> {
  requireRuntime(process.version, packageInfo().engines.node);
  hideCollectorHeaders(process.env);
  disablePretenuring();
  // Loaded here, so that --help and configuration errors are printed immediately.
  cacheCompiledCode();
  const { startGateway } = await import('./gateway.ts');
  const output = await openLogOutput(process.stdout);
  const log = createLog(config.logLevel, output);
  const gateway = await startGateway(config, log, output);
  process.on('SIGUSR2', createLogLevelSwitch(log));
  const { delayMs, limitMs } = config.http.drain;
  return {
    close: async (signal) => {
      const startedAt = performance.now();
      log.info({ signal, inFlight: gateway.inFlight() }, 'draining');
      try {
        await gateway.close();
        log.info({ durationMs: Math.round(performance.now() - startedAt) }, 'drained');
      } finally {
        await output.close();
      }
    },
    // The server's drain, then calls whose clients disconnected, then logs, metrics and traces.
    closesWithinMs: delayMs + limitMs + 4_000,
    onBug: (bug) => log.fatal(bug, 'uncaught exception, shutting down'),
    onTimeout: () => log.fatal('graceful shutdown timed out, exiting'),
    announce: () => {
      for (const { message, fields } of startupWarnings(config, process.env)) log.warn(fields, message);
      // A banner is for people; a collector of JSON lines could not parse it.
      if (!process.stderr.isTTY) log.info(configFields(config, gateway.url), 'configuration');
      log.info({ url: gateway.url, upstream: config.upstream }, 'listening');
      writeCompileCache();
      if (process.stderr.isTTY) process.stderr.write(startupBanner(gateway.url, config));
    },
  };
}

async function serveSandbox(config: Config): Promise<AnnouncedService> {
  requireRuntime(process.version, packageInfo().engines.node);
  const { Sandbox, sandboxKey } = await import('./sandbox/sandbox.ts');
  const sandbox = new Sandbox({ faultShare: config.sandboxFaultShare });
  const url = await sandbox.listen(config.host, config.port);
  const text = `The sandbox upstream: ${url}
Point a gateway at it with STRIPE_API_URL=${url} STRIPE_SECRET_KEY=${sandboxKey}
`;
  return {
    close: () => sandbox.close(),
    closesWithinMs: 5_000,
    onBug: (bug) => process.stderr.write(`${JSON.stringify(bug)}\n`),
    onTimeout: () => process.stderr.write('Graceful shutdown timed out, exiting.\n'),
    announce: () => process.stderr.write(text),
  };
}

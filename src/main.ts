import { type Config, ConfigError, readConfig } from './config.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { Sandbox, sandboxKey } from './sandbox/sandbox.ts';
import { createLog } from './telemetry/log.ts';

/** What a process of this project serves, how it ends, and what it says once it does both. */
interface Service {
  close(): Promise<void>;
  announce(): void;
}

try {
  const config = readConfig(process.env);
  const service = process.argv[2] === 'sandbox' ? await serveSandbox(config) : await serveGateway(config);
  // In this order: whoever reads the announcement may send a signal at once.
  endWith(service);
  service.announce();
} catch (error) {
  if (!(error instanceof ConfigError) && !isAddressFault(error)) throw error;
  process.stderr.write(`${error instanceof ConfigError ? error.message : adviseOn(error)}\n`);
  process.exitCode = 1;
}

async function serveGateway(config: Config): Promise<Service> {
  const log = createLog(config.logLevel);
  const gateway = await startGateway(config, log);
  return {
    close: () => gateway.close(),
    announce: () => {
      log.info({ url: gateway.url, upstream: config.upstream }, 'listening');
      process.stderr.write(welcome(gateway));
    },
  };
}

async function serveSandbox(config: Config): Promise<Service> {
  const sandbox = new Sandbox({ faultShare: config.sandboxFaultShare });
  const url = await sandbox.listen(config.host, config.port);
  const text = `The sandbox upstream: ${url}
Point a gateway at it with STRIPE_API_URL=${url} STRIPE_SECRET_KEY=${sandboxKey}
`;
  return { close: () => sandbox.close(), announce: () => process.stderr.write(text) };
}

function welcome({ url, sandbox }: Gateway): string {
  if (sandbox === undefined) return `The gateway: ${url}/graphql, in front of Stripe\n`;
  return `The gateway: ${url}/graphql
There is no STRIPE_SECRET_KEY: the upstream is the built-in sandbox, its scores are made up. Try it:

curl ${url}/graphql -H 'content-type: application/json' -d '{"query":"mutation { createCustomerEvaluation(input: {eventType: REGISTRATION, evaluationContext: [{clientDetails: {radarSession: \\"rse_1\\"}}, {customerDetails: {customer: \\"cus_1\\"}}]}) { customerEvaluation { id signals { ... on RegistrationSignals { multiAccounting { score riskLevel } } } } errors { code message path } } }"}'

`;
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

type AddressFault = Error & { code: string; address?: string; port?: number };

function isAddressFault(error: unknown): error is AddressFault {
  return (
    error instanceof Error &&
    'code' in error &&
    ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'ENOTFOUND'].includes(String(error.code))
  );
}

function adviseOn(fault: AddressFault): string {
  switch (fault.code) {
    case 'EADDRINUSE':
      return `Port ${fault.port} is taken: set PORT to another (0 picks a free one), or end what listens there.`;
    case 'EACCES':
      return `Port ${fault.port} may not be opened by this user: set PORT to 1024 or above.`;
    default:
      return 'HOST is no address of this machine: set it to 127.0.0.1, or to 0.0.0.0 for all addresses.';
  }
}

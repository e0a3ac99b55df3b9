import { table } from '../../docs/source/table.ts';

/** A folder of `src/`, or a file beside them. */
interface Room {
  /** What belongs in this room. */
  readonly what: string;
  /** The rooms whose code it imports. */
  readonly imports: readonly string[];
  /** The rooms of which it imports only types. These arrows may form circles. */
  readonly types?: readonly string[];
  /** The packages that it must not import. */
  readonly never?: RegExp;
}

/** Every room, after those that it imports. `architecture.test.ts` compares this with the imports. */
export const rooms: Readonly<Record<string, Room>> = {
  'main.ts': {
    what: 'the process: command line, start, shutdown',
    imports: ['access', 'config', 'errors', 'gateway.ts', 'sandbox', 'start-up', 'telemetry'],
  },
  'gateway.ts': {
    what: 'assembles the gateway',
    imports: [
      'access',
      'admission',
      'config',
      'customer-evaluation',
      'graph',
      'http',
      'pages',
      'prepared',
      'sandbox',
      'stripe/http',
      'telemetry',
    ],
  },
  'start-up': {
    what: 'the command line, and what is printed at startup. Loaded for `--help`: imports nothing that serves',
    imports: ['config', 'errors'],
  },
  http: {
    what: 'the server: who is let in, what a request may be, and how a response is written',
    imports: ['access', 'admission', 'errors', 'pages', 'prepared', 'stripe/http', 'telemetry'],
    types: ['config', 'graph'],
  },
  'pages/browser': {
    what: 'what runs in browsers: the explorer and the playground',
    imports: ['..'],
    types: ['pages'],
    never: /^(node:|fastify|@apollo\/|pino|stripe|undici)/,
  },
  pages: {
    what: 'serves the pages, and tells them what they need to know',
    imports: ['config', 'errors', 'graph', 'stripe'],
  },
  prepared: {
    what: 'plans for operations that come again; knows the schema, and no resource',
    imports: ['graph', 'telemetry'],
    types: ['access'],
    never: /^(ky|undici|fastify|@fastify\/.*)$/,
  },
  'customer-evaluation': {
    what: 'the resource: types, inputs, resolvers, and the translation to and from Stripe',
    imports: ['admission', 'errors', 'graph', 'stripe', 'stripe/http'],
    types: ['access', 'telemetry'],
    never: /^(ky|undici|fastify|@fastify\/.*|node:(http|https|http2|net|tls))$/,
  },
  graph: {
    what: 'Apollo Server, its plugins and rules, the schema, and what each mutation needs',
    imports: ['errors', 'telemetry'],
    types: ['access', 'stripe/http'],
    never: /^(ky|undici|fastify|@fastify\/.*)$/,
  },
  access: {
    what: 'who calls, how much, and with which documents',
    imports: ['config', 'errors', 'stripe/http'],
  },
  config: {
    what: 'reads the environment: settings, their rules, secret files',
    imports: ['stripe', 'stripe/http', 'telemetry'],
    types: ['access', 'customer-evaluation', 'graph'],
  },
  sandbox: {
    what: 'a stand-in for Stripe: a server with the same wire format',
    imports: ['stripe'],
    never: /graphql|^@apollo\//,
  },
  stripe: {
    what: 'what Stripe’s API has: operations, paths, versions, the shape of its answers',
    imports: ['stripe/http'],
    never: /graphql|^@apollo\/|^reflect-metadata$/,
  },
  'stripe/http': {
    what: 'calls Stripe and knows no resource: transport, attempts, retries, circuit breaker, deadlines',
    imports: ['admission', 'errors'],
    never: /graphql|^@apollo\/|^reflect-metadata$/,
  },
  admission: { what: 'the queues in front of the process and of Stripe', imports: [] },
  telemetry: { what: 'log, metrics and traces', imports: ['errors'] },
  errors: {
    what: 'the errors, and what callers and operators see of them',
    imports: [],
    never: /graphql|^@apollo\//,
  },
};

/** For docs/develop.md. */
export function roomsTable(): string {
  const named = (names: readonly string[] = []): string =>
    names
      .filter((name) => name !== '..')
      .map((name) => `\`${name}\``)
      .join(', ');
  return table(
    ['room', 'contains', 'imports', 'imports only types of'],
    Object.entries(rooms).map(([name, { what, imports, types }]) => [
      `[\`src/${name}\`](../src/${name})`,
      what,
      named(imports),
      named(types),
    ]),
  );
}

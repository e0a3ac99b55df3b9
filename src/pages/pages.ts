import { readFile } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import { packageRoot } from '../config/package-info.ts';
import { UpstreamCallError } from '../errors/upstream-call-error.ts';
import { scopeIdempotencyKey } from '../graph/idempotency-key.ts';
import { sendAsset } from './assets.ts';
import type { PageInfo } from './page-info.ts';

export interface PagesOptions {
  readonly info: PageInfo;
  /** Only if the upstream is the sandbox. */
  readonly playground: PlaygroundOptions | undefined;
}

interface PlaygroundOptions {
  /** The sandbox's cases, for people to choose from. */
  readonly cases: readonly { readonly group: string; readonly word: string; readonly does: string }[];
  /** The calls that the sandbox received under an idempotency key. */
  readonly callsUnder: (upstreamKey: string) => readonly object[];
}

type Page = 'explorer' | 'playground';

const ownOnly =
  "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'";
const policies: Readonly<Record<Page, string>> = {
  // The editor writes style attributes into its lines and style elements into the head, without nonces. GraphiQL's
  // style sheet contains fonts and a few images.
  explorer: `${ownOnly}; worker-src 'self'; style-src 'self' 'unsafe-inline'; font-src data:; img-src data:; frame-ancestors 'none'`,
  playground: `${ownOnly}; style-src 'self'; img-src data:; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'`,
};

// Beside the code, in a checkout as well as in a container. Read on each request, so that it does not delay the
// start.
const pagesDir = new URL('dist/pages/', packageRoot);

/** Serves the explorer at `/`, and the playground at `/try`. Anybody may load the pages: they grant no rights. */
export function servePages(
  server: FastifyInstance,
  { info, playground }: PagesOptions,
  findCaller: onRequestHookHandler,
): void {
  server.get('/', (_request, reply) => sendPage(reply, 'explorer', info));
  server.get<{ Params: { name: string } }>('/assets/:name', (request, reply) =>
    sendAsset(request, reply, request.params.name),
  );
  if (playground === undefined) return;

  const options = optionsOf(playground.cases);
  server.get('/try', (_request, reply) => sendPage(reply, 'playground', info, { options }));
  // Keys are scoped by caller, so nobody sees the calls of others.
  server.get<{ Querystring: Readonly<Record<string, unknown>> }>(
    '/try/calls',
    { onRequest: findCaller },
    async ({ caller, account, query }) => {
      try {
        const key = scopeIdempotencyKey(
          { caller: caller.id, account },
          String(query['mutation']),
          String(query['idempotencyKey']),
        );
        return playground.callsUnder(key.upstream);
      } catch (error) {
        // An invalid key has no calls.
        if (error instanceof UpstreamCallError) return [];
        throw error;
      }
    },
  );
}

/** Shows the explorer to a browser that opens `/graphql`. */
export function explorerForBrowsers({ info }: PagesOptions) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    if (!['GET', 'HEAD'].includes(request.method)) return undefined;
    const asks = ['query', 'documentId', 'extensions'].some((name) => name in (request.query as object));
    if (asks || !request.headers.accept?.includes('text/html')) return undefined;
    return sendPage(reply, 'explorer', info);
  };
}

async function sendPage(
  reply: FastifyReply,
  page: Page,
  info: PageInfo,
  markup: Readonly<Record<string, string>> = {},
): Promise<FastifyReply> {
  const values: Readonly<Record<string, string>> = {
    ...markup,
    mode: info.mode,
    modeName: modes[info.mode].name,
    modeMeaning: modes[info.mode].meaning,
    stripeApi: info.stripeApi,
    upstreamVersion: escaped(info.upstreamVersion),
    info: escaped(JSON.stringify(info)),
    playgroundLink: info.mode === 'sandbox' ? '<a href="try">Playground</a>' : '',
  };
  const template = await readFile(new URL(`${page}.html`, pagesDir), 'utf8').catch((cause) => {
    throw new Error('The pages are not built: npm run build builds them.', { cause });
  });
  const html = template.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '');
  return reply.type('text/html; charset=utf-8').header('content-security-policy', policies[page]).send(html);
}

const modes: Readonly<Record<PageInfo['mode'], { name: string; meaning: string }>> = {
  sandbox: { name: 'Sandbox', meaning: 'Scores are made up; nothing reaches Stripe.' },
  test: { name: 'Test mode', meaning: 'Operations reach Stripe under a test key.' },
  live: { name: 'Live mode', meaning: 'Operations reach Stripe: evaluations are real, and may be billed.' },
};

/** The choices of the playground's picker. */
function optionsOf(cases: PlaygroundOptions['cases']): string {
  const groups = Map.groupBy(cases, ({ group }) => group);
  return [...groups]
    .map(([group, members]) => {
      const options = members.map(({ word, does }) => {
        const text = does.charAt(0).toUpperCase() + does.slice(1).replaceAll('`', '');
        return `<option value="${escaped(word)}">${escaped(text)}</option>`;
      });
      return `<optgroup label="${escaped(group)}">${options.join('')}</optgroup>`;
    })
    .join('');
}

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '"': '&quot;' };
  return text.replace(/[&<"]/g, (character) => entities[character] ?? character);
}

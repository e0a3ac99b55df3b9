import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Evaluations } from './evaluation.ts';

/*
 * A complete log-in: the page creates a Radar Session; the server checks the password, evaluates within a budget,
 * decides, responds, and reports afterwards. Run it with `node server.ts`.
 */
const { env } = process;
const budgetMs = Number(env['EVALUATION_BUDGET_MS'] || 800);
if (!Number.isInteger(budgetMs) || budgetMs < 1)
  throw new Error('EVALUATION_BUDGET_MS must be a whole number of milliseconds');
const evaluations = new Evaluations({
  url: env['GATEWAY_URL'] || 'http://127.0.0.1:4000/graphql',
  // The first, if there are several during a rotation: the gateway accepts each of them.
  secret: env['ROUTER_SECRET']?.split(',')[0]?.trim() || undefined,
  budgetMs,
});
const page = readFileSync(new URL('log-in.html', import.meta.url), 'utf8').replace(
  'YOUR_PUBLISHABLE_KEY',
  env['STRIPE_PUBLISHABLE_KEY'] ?? '',
);

// Give all replicas the same one. Without it, pages that were served before a restart get a new attempt.
const attemptSecret = env['ATTEMPT_SECRET'] || randomBytes(32);
const attemptLifetimeMs = 3_600_000;

/** Nobody sends a longer form, in characters. */
const maxFormLength = 100_000;

const server = createServer((request, response) => {
  // The client is gone, or sent too much. Without this, a connection that breaks would end the process.
  serve(request, response).catch((error: unknown) => {
    process.stderr.write(`a request was not answered: ${error}\n`);
    response.destroy();
  });
});

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET') {
    // One attempt per page: a form that is submitted twice is evaluated and billed once.
    response.setHeader('content-type', 'text/html; charset=utf-8').end(page.replace('ATTEMPT', newAttempt()));
    return;
  }
  const form = await readForm(request);
  const person = checkPassword(form.get('email'), form.get('password'));
  const radarSession = form.get('radar_session');
  const decision = await evaluations.decide(person.id, attemptOf(form.get('attempt')), {
    eventType: 'LOGIN',
    evaluationContext: [
      // Stripe.js may be blocked: a Radar Session is best effort. Without one, send what the request itself reveals.
      { clientDetails: radarSession ? { radarSession } : { data: clientDataOf(request) } },
      { customerDetails: { customer: person.stripeCustomer } },
    ],
  });
  const { status, reason } = decision;
  // For you alone: whoever sees the reason learns which details lower the risk, and when nothing was evaluated.
  process.stdout.write(`${JSON.stringify({ status, reason })}\n`);
  response
    .writeHead(status === 'BLOCKED' ? 403 : 200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ status }));
  // The person has the response: nobody waits for the report.
  evaluations.report(person.id, decision, ({ status, reason }) => {
    // End the person's session here.
    process.stdout.write(`${JSON.stringify({ status, reason, isLate: true })}\n`);
  });
}

server.listen(Number(env['PORT'] ?? 3000), '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
process.once('SIGTERM', () => server.close(() => evaluations.close()));

/** Signed and dated: nobody can choose a key, or keep a good evaluation for the log-ins of another day. */
function newAttempt(): string {
  const attempt = `${randomUUID()}.${Date.now()}`;
  return `${attempt}.${signatureOf(attempt)}`;
}

/** The form's attempt if this server made it, otherwise a new one. An old page gets another one each hour. */
function attemptOf(value: string | null): string {
  const [id, time, signature = ''] = (value ?? '').split('.');
  const [sent, ours] = [Buffer.from(signature), Buffer.from(signatureOf(`${id}.${time}`))];
  const isOurs = sent.length === ours.length && timingSafeEqual(sent, ours);
  if (!isOurs) return newAttempt();
  // Drops what follows the signature; otherwise the person could choose the key by appending text.
  const attempt = `${id}.${time}.${signature}`;
  const age = Math.floor((Date.now() - Number(time)) / attemptLifetimeMs);
  // Negative if the page is from a replica whose clock is ahead.
  return age <= 0 ? attempt : signatureOf(`${attempt} ${age}`);
}

function signatureOf(attempt: string): string {
  return createHmac('sha256', attemptSecret).update(attempt).digest('base64url');
}

/** Replace it with your own. The customer's id can make the sandbox misbehave: `cus_sandbox_hang`. */
function checkPassword(email: string | null, _password: string | null) {
  const [name = ''] = (email ?? '').split('@');
  // Your id of the person, never what was typed: it becomes a header.
  return { id: `person ${encodeURIComponent(name)}`, stripeCustomer: `cus_${name}` };
}

/** Behind a proxy, take the address from the header that your proxy sets. */
function clientDataOf({ headers, socket }: IncomingMessage) {
  return {
    ip: socket.remoteAddress ?? '',
    userAgent: sendable(headers['user-agent']),
    referrer: sendable(headers.referer),
  };
}

/** Stripe accepts at most 5,000 characters, and no empty text. A value that it would refuse is left out. */
function sendable(value: string | undefined): string | null {
  return value !== undefined && value.length > 0 && value.length <= 5_000 ? value : null;
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > maxFormLength) throw new Error('the form is too long');
  }
  return new URLSearchParams(text);
}

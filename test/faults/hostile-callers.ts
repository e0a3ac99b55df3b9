import { setTimeout as delay } from 'node:timers/promises';
import { connectRaw, headOf, oneByteChunks, requestWith } from '../harness/raw-client.ts';

/** The ways in which hostile callers of the soak test behave. Nobody checks what they get. */
const attacks: readonly ((url: string, body: string) => Promise<void>)[] = [
  // More one-byte chunks than the gateway accepts.
  (url) => talk(url, [headOf(['transfer-encoding: chunked']), oneByteChunks(10_000)], 200),
  // A body that never ends.
  (url) => talk(url, [headOf(['content-length: 60000']), '{'], 2_000),
  // Garbage after a call.
  (url, body) => talk(url, [requestWith(body), 'garbage\r\n\r\n'], 300),
  // Half of a second request, and a tunnel.
  (url, body) => talk(url, [requestWith(body), 'POST /graphql HT'], 300),
  (url, body) => talk(url, [requestWith(body), 'CONNECT x:1 HTTP/1.1\r\nhost: x:1\r\n\r\n'], 300),
  // Pipelines requests and disconnects.
  (url, body) => talk(url, [requestWith(body).repeat(5)], 5),
  // Requests much and reads nothing.
  (url) => talk(url, [requestWith(amplified).repeat(4)], 1_000, false),
];

const names = Array.from({ length: 18 }, (_, index) => `a${index}${'x'.repeat(600)}: errors { message }`);
const amplified = JSON.stringify({
  query: `mutation($input: CreateCustomerEvaluationInput!) { createCustomerEvaluation(input: $input) { ${names.join(' ')} } }`,
  variables: {
    input: {
      eventType: 'LOGIN',
      evaluationContext: Array.from({ length: 1_000 }, () => ({ clientDetails: { radarSession: '' } })),
    },
  },
});

/** The next attack in turn. `body` is that of a valid request under a key of its own. */
export async function attack(url: string, turn: number, body: string): Promise<void> {
  await attacks[turn % attacks.length]?.(url, body);
}

async function talk(url: string, parts: (string | Buffer)[], stayMs: number, reads = true): Promise<void> {
  const { socket } = connectRaw({ url });
  if (!reads) socket.pause();
  for (const part of parts) {
    socket.write(part);
    await delay(2);
  }
  await delay(stayMs);
  socket.destroy();
}

// A fast upstream that is not the bottleneck: no HTTP library, one constant answer, after LATENCY_MS (at once for the Radar Session rse_at_once).
import { createServer } from 'node:net';

const evaluation = (id) => ({
  id,
  object: 'radar.customer_evaluation',
  event_type: 'registration',
  livemode: true,
  created_at: 1715769600,
  customer: null,
  events: null,
  signals: { multi_accounting: { score: 50, evaluated_at: 1715769600, risk_level: 'normal' } },
});
function answerWith(id) {
  const body = JSON.stringify(evaluation(id));
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_bench\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
const created = answerWith('ceval_1STAJ19XxSPY66dBEesAnzjw');
const latencyMs = Number(process.env.LATENCY_MS ?? 0);

createServer({ noDelay: true }, (socket) => {
  let pending = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    pending += chunk.toString('latin1');
    for (;;) {
      const head = pending.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(pending.slice(0, head))?.[1] ?? 0);
      if (pending.length < head + 4 + length) return;
      const retrieved = /^GET \/v1\/radar\/customer_evaluations\/([^?]+)/.exec(pending)?.[1];
      const answer = retrieved === undefined ? created : answerWith(retrieved);
      const atOnce = latencyMs === 0 || pending.slice(head, head + 4 + length).includes('rse_at_once');
      pending = pending.slice(head + 4 + length);
      if (atOnce) socket.write(answer);
      else setTimeout(() => socket.write(answer), latencyMs);
    }
  });
}).listen(Number(process.env.PORT), '127.0.0.1', 65_535, () => console.log('listening'));

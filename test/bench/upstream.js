// A fast upstream that is never the bottleneck: no HTTP library and one constant response after LATENCY_MS, or
// immediately for the Radar Session rse_at_once.
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
const createdOnV2 = (() => {
  const body = JSON.stringify({
    id: 'acctevl_1STAJ19XxSPY66dBEesAnzjw',
    object: 'v2.signals.account_evaluation',
    created: '2026-11-26T10:00:00.000Z',
    livemode: true,
    account_details: { customer: 'cus_1STA7a9XxSPY66dBhVL80eEC' },
    requested_signals: ['user_multi_accounting'],
    pending_signals: [],
    evaluated_signals: {
      user_multi_accounting: {
        risk_level: 'normal',
        score: '50.0',
        evaluated_at: '2026-11-26T10:00:00.000Z',
      },
    },
  });
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_bench\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
})();
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
      const made = pending.startsWith('POST /v2/') ? createdOnV2 : created;
      const answer = retrieved === undefined ? made : answerWith(retrieved);
      const atOnce = latencyMs === 0 || pending.slice(head, head + 4 + length).includes('rse_at_once');
      pending = pending.slice(head + 4 + length);
      if (atOnce) socket.write(answer);
      else setTimeout(() => socket.write(answer), latencyMs);
    }
  });
}).listen(Number(process.env.PORT), '127.0.0.1', 65_535, () => console.log('listening'));

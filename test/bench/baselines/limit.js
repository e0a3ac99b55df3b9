// The limit: a bare HTTP proxy without GraphQL. No server that answers a mutation can cost less.
import { createServer } from 'node:http';
import { Pool } from 'undici';
import { encodeForm } from './form.js';

const pool = new Pool(process.env.UPSTREAM_URL, {
  connections: Number(process.env.CONNECTIONS ?? 512),
  pipelining: 1,
  allowH2: false,
});
const headers = {
  authorization: 'Bearer sk_test_bench',
  'stripe-version': '2026-03-04.preview',
  'content-type': 'application/x-www-form-urlencoded',
};

createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    const { variables } = JSON.parse(Buffer.concat(chunks).toString());
    const answer = await pool.request({
      path: '/v1/radar/customer_evaluations',
      method: 'POST',
      headers,
      body: encodeForm(variables.input),
    });
    const text = await answer.body.text();
    response.writeHead(200, { 'content-type': 'application/json' }).end(text);
  });
}).listen(process.env.PORT, '127.0.0.1', () => console.log('listening'));

import { Pool } from 'undici';
import { encodeForm } from './form.js';

const pool = new Pool(process.env.UPSTREAM_URL, { connections: 512, pipelining: 1, allowH2: false });

export async function call(input, idempotencyKey) {
  const { body } = await pool.request({
    path: '/v1/radar/customer_evaluations',
    method: 'POST',
    headers: {
      authorization: 'Bearer sk_test_bench',
      'stripe-version': '2026-03-04.preview',
      'content-type': 'application/x-www-form-urlencoded',
      'idempotency-key': idempotencyKey,
    },
    body: encodeForm(input),
  });
  return JSON.parse(await body.text());
}

import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';

// A key set is a few kilobytes; what sends more is not one, or means harm.
const maxBytes = 64 * 1024;
const timeoutMs = 1_000;

/**
 * The body of what a JWKS URL answers with 200; rejects for everything else, after a second at the latest. A redirect
 * is not followed: it could lead to anywhere. Not by `fetch`: the first in a process takes 50 ms to load.
 */
export async function requestKeySet(url: URL): Promise<string> {
  const response = await answerOf(url);
  if (response.statusCode !== 200) {
    response.destroy();
    throw new Error(`the answer is ${response.statusCode} and not 200`);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    // Leaving the loop closes the connection.
    if (size > maxBytes) throw new Error('the key set is larger than 64 KB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function answerOf(url: URL): Promise<IncomingMessage> {
  const get = url.protocol === 'https:' ? getSecure : getPlain;
  return new Promise((resolve, reject) => {
    // The signal covers the body, too. Fetched every few minutes, no connection is worth keeping.
    get(
      url,
      { agent: false, headers: { accept: 'application/json' }, signal: AbortSignal.timeout(timeoutMs) },
      resolve,
    ).on('error', reject);
  });
}

import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { packageRoot } from '../config/package-info.ts';

const assetsDir = new URL('dist/pages/assets/', packageRoot);

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};

// Cached as long as the process runs, a few megabytes at most: a response that a slow client does not read then needs
// no memory of its own.
const read = new Map<string, Promise<Buffer>>();

function readOnce(name: string): Promise<Buffer> {
  const known = read.get(name);
  if (known !== undefined) return known;
  const bytes = readFile(new URL(name, assetsDir));
  read.set(name, bytes);
  // A missing file may be built later, and unknown names must not fill the memory.
  bytes.catch(() => read.delete(name));
  return bytes;
}

/** Sends an asset of a page, compressed by the build if the client accepts that encoding. */
export async function sendAsset(
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
): Promise<FastifyReply> {
  const type = types[extname(name)];
  if (type === undefined || !/^[\w.-]+$/.test(name)) return notFound(reply);
  const packed = /\bgzip\b/.test(String(request.headers['accept-encoding']));
  try {
    const bytes = await readOnce(packed ? `${name}.gz` : name);
    if (packed) reply.header('content-encoding', 'gzip');
    // The name contains a hash of the content.
    const cache = 'public, max-age=31536000, immutable';
    // An asset has only one type, so `Accept` does not matter; `Origin` may.
    const vary = String(reply.getHeader('vary')).replace(/^Accept\b/, 'Accept-Encoding');
    return reply.type(type).headers({ 'cache-control': cache, vary }).send(bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return notFound(reply);
  }
}

function notFound(reply: FastifyReply): FastifyReply {
  reply.callNotFound();
  return reply;
}

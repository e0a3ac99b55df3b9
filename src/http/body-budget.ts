import { getHeapStatistics } from 'node:v8';
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { Overloaded } from '../errors/overloaded.ts';

/**
 * A call holds three to four times its body until it is answered: the variables, and the form made of them. With a
 * quarter of the heap for all of that, the rest is free for what an answer takes.
 */
const shareOfHeap = 1 / 16;

/**
 * Bounds the bytes of all bodies whose requests are under way, by the heap that the process has: a burst of the
 * largest requests is shed before it exhausts the memory. Ordinary ones, of a kilobyte, never come near.
 */
export function bodyBudget() {
  let left = getHeapStatistics().heap_size_limit * shareOfHeap;

  return (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    const bytes = request.bodyBytes;
    if (bytes > left) {
      done(new Overloaded());
      return;
    }
    left -= bytes;
    // Emitted once the answer is out, and also where its client has gone.
    reply.raw.once('close', () => {
      left += bytes;
    });
    done();
  };
}

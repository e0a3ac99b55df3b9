import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { Overloaded } from '../errors/overloaded.ts';

/**
 * Sheds what the process has no time for. A request that is read more than `maxMs` after the first one in the same
 * turn of the event loop has waited at least so long behind others, and the answers of those wait in turn for it:
 * taken all the same, every request would come too late. Let in again with the next turn, so that what is taken
 * stays near what can be done, where a delay that is sampled would let in everything or nothing for a while.
 */
export function turnBudget(maxMs: number) {
  let turnBegan: number | undefined;
  const endTurn = (): void => {
    turnBegan = undefined;
  };

  return (_request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction): void => {
    if (turnBegan === undefined) {
      turnBegan = performance.now();
      // Run when the turn has read whatever had come.
      setImmediate(endTurn);
    } else if (performance.now() - turnBegan > maxMs) {
      done(new Overloaded());
      return;
    }
    done();
  };
}

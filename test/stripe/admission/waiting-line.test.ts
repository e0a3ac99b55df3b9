import { describe, expect, it } from '@jest/globals';
import { NotAdmitted, WaitingLine } from '../../../src/stripe/admission/waiting-line.ts';

/** Puts one into the line and notes how its wait ends. */
function join(line: WaitingLine, caller: string, ended: string[], maxWaitMs = 10_000, signal?: AbortSignal) {
  return line.wait({ caller, maxWaitMs, signal }).then(
    () => ended.push(caller),
    (error: unknown) => {
      expect(error).toBeInstanceOf(NotAdmitted);
      ended.push(`${caller} refused`);
    },
  );
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the waiting line', () => {
  it('serves a quiet caller in turn beside a loud one', async () => {
    const line = new WaitingLine(10);
    const ended: string[] = [];
    for (const caller of ['loud', 'loud', 'loud', 'quiet', 'loud']) void join(line, caller, ended);
    while (line.admitNext());
    await settled();
    expect(ended).toEqual(['loud', 'quiet', 'loud', 'loud', 'loud']);
  });

  it('makes room for a quiet caller at the cost of the loud one', async () => {
    const line = new WaitingLine(3);
    const ended: string[] = [];
    for (const caller of ['loud', 'loud', 'loud', 'quiet']) void join(line, caller, ended);
    await settled();
    expect(ended).toEqual(['loud refused']);
    expect(line.size).toBe(3);
    line.refuseAll();
    expect(line.size).toBe(0);
  });

  it('refuses the newest of a single caller at once when full', async () => {
    const line = new WaitingLine(2);
    const ended: string[] = [];
    for (let count = 0; count < 3; count += 1) void join(line, 'one', ended);
    await settled();
    expect(ended).toEqual(['one refused']);
    line.refuseAll();
  });

  it('refuses who waited too long, and who hung up, and forgets them', async () => {
    const line = new WaitingLine(10);
    const ended: string[] = [];
    const hangUp = new AbortController();
    const waits = [join(line, 'slow', ended, 5), join(line, 'gone', ended, 10_000, hangUp.signal)];
    hangUp.abort();
    await Promise.all(waits);
    expect(ended.sort()).toEqual(['gone refused', 'slow refused']);
    expect(line.size).toBe(0);
    expect(line.admitNext()).toBe(false);
  });

  it('does not take in who hung up before', async () => {
    const line = new WaitingLine(10);
    const ended: string[] = [];
    await join(line, 'gone', ended, 10_000, AbortSignal.abort());
    expect(ended).toEqual(['gone refused']);
    expect(line.size).toBe(0);
  });
});

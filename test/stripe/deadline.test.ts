import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Deadline } from '../../src/stripe/http/deadline.ts';

describe('a deadline', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('a deadline runs out, and is never less than nothing', () => {
    const deadline = new Deadline(500);
    expect(deadline.remainingMs).toBe(500);
    jest.advanceTimersByTime(200);
    expect(deadline.remainingMs).toBe(300);
    jest.advanceTimersByTime(1_000);
    expect(deadline.remainingMs).toBe(0);
  });

  it.each([3_600_000, -3_600_000])('a deadline is not moved by a clock that is set: by %d ms', (byMs) => {
    const deadline = new Deadline(500);
    jest.setSystemTime(Date.now() + byMs);
    expect(deadline.remainingMs).toBe(500);
  });

  it('a deadline is before a later one, and not before itself or an earlier one', () => {
    const [early, late] = [new Deadline(100), new Deadline(200)];
    expect(early.isBefore(late)).toBe(true);
    expect(late.isBefore(early)).toBe(false);
    expect(early.isBefore(new Deadline(100))).toBe(false);
  });

  it('a deadline is extended to a later one, and never cut short', () => {
    const deadline = new Deadline(100);
    deadline.extendTo(new Deadline(200));
    expect(deadline.remainingMs).toBe(200);
    deadline.extendTo(new Deadline(50));
    expect(deadline.remainingMs).toBe(200);
  });

  it('a copy of a deadline ends when that does, and is not extended with it', () => {
    const deadline = new Deadline(100);
    const copy = deadline.copy();
    deadline.extendTo(new Deadline(200));
    expect(copy.remainingMs).toBe(100);
  });
});

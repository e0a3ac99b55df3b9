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
});

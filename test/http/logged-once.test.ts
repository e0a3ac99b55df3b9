import { describe, expect, it } from '@jest/globals';
import { LoggedOnce } from '../../src/http/logged-once.ts';

describe('values that clients make up', () => {
  it('values that clients make up are logged once an hour each, up to a limit that ends with the hour', () => {
    let now = 0;
    const logged = new LoggedOnce(2, () => now);
    expect(['a', 'a', 'b', 'c', 'a'].map((value) => logged.admits(value))).toEqual([
      true,
      false,
      true,
      false,
      false,
    ]);
    now += 3_599_999;
    expect(logged.admits('c')).toBe(false);
    now += 1;
    expect(['c', 'a', 'b'].map((value) => logged.admits(value))).toEqual([true, true, false]);
  });
});

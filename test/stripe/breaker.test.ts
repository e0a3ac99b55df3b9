import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  type AttemptVerdict,
  Breaker,
  BreakerOpenError,
  probeAfterMs,
} from '../../src/stripe/http/breaker.ts';

describe('the circuit breaker', () => {
  let breaker: Breaker;
  let changes: string[];
  let now: number;

  beforeEach(() => {
    now = 10_000;
    changes = [];
    breaker = new Breaker(
      (state) => changes.push(state),
      () => now,
    );
  });

  /** Makes an attempt that ends like this; returns whether it was admitted. */
  const attempt = (verdict: AttemptVerdict): 'admitted' | 'refused' => {
    try {
      breaker.admit()(verdict);
      return 'admitted';
    } catch (error) {
      expect(error).toBeInstanceOf(BreakerOpenError);
      return 'refused';
    }
  };
  const attempts = (count: number, verdict: AttemptVerdict): void => {
    for (let made = 0; made < count; made += 1) expect(attempt(verdict)).toBe('admitted');
  };

  it('the circuit breaker opens when more than half of ten attempts failed', () => {
    attempts(4, 'succeeded');
    attempts(5, 'failed');
    expect(breaker.state).toBe('closed');
    attempts(1, 'failed');
    expect(breaker.state).toBe('open');
    expect(breaker.isOpen).toBe(true);
    expect(changes).toEqual(['open']);
    expect(attempt('succeeded')).toBe('refused');
  });

  it('the circuit breaker stays closed after an outage although attempts from before it opened fail late', () => {
    const late = Array.from({ length: 20 }, () => breaker.admit());
    attempts(10, 'failed');
    expect(breaker.state).toBe('open');
    now += probeAfterMs;
    attempts(1, 'succeeded');
    for (const end of late) end('failed');
    expect(breaker.state).toBe('closed');
    expect(changes).toEqual(['open', 'closed']);
    attempts(10, 'failed');
    expect(breaker.state).toBe('open');
  });

  it('the circuit breaker stays closed while half of the attempts or more succeed', () => {
    for (let made = 0; made < 20; made += 1) attempts(1, made % 2 === 0 ? 'succeeded' : 'failed');
    expect(breaker.state).toBe('closed');
    expect(changes).toEqual([]);
  });

  it('the circuit breaker stays closed with fewer than ten attempts, however they ended', () => {
    attempts(9, 'failed');
    expect(breaker.state).toBe('closed');
  });

  it('the circuit breaker forgets attempts after three seconds', () => {
    attempts(9, 'failed');
    now += 3_500;
    attempts(9, 'failed');
    expect(breaker.state).toBe('closed');
    now += 2_000;
    attempts(1, 'failed');
    expect(breaker.state).toBe('open');
  });

  it('the circuit breaker never opens by attempts whose callers cut them short', () => {
    attempts(100, 'inconclusive');
    expect(breaker.state).toBe('closed');
  });

  it('the circuit breaker is half-open after a second, and admits one attempt at a time', () => {
    attempts(10, 'failed');
    now += probeAfterMs - 1;
    expect(breaker.state).toBe('open');
    now += 1;
    expect(breaker.state).toBe('half_open');
    expect(breaker.isOpen).toBe(false);
    const endProbe = breaker.admit();
    expect(attempt('succeeded')).toBe('refused');
    endProbe('succeeded');
    expect(breaker.state).toBe('closed');
    expect(changes).toEqual(['open', 'closed']);
    attempts(9, 'failed');
    expect(breaker.state).toBe('closed');
  });

  it('the circuit breaker opens for another second when the probe fails', () => {
    attempts(10, 'failed');
    now += probeAfterMs;
    expect(attempt('failed')).toBe('admitted');
    expect(breaker.state).toBe('open');
    expect(attempt('succeeded')).toBe('refused');
    now += probeAfterMs;
    expect(attempt('succeeded')).toBe('admitted');
    expect(breaker.state).toBe('closed');
  });

  it('the circuit breaker admits one read in a second while half-open, which takes no write’s place', () => {
    attempts(10, 'failed');
    now += probeAfterMs;
    const hanging = breaker.admitRead();
    expect(() => breaker.admitRead()).toThrow(BreakerOpenError);
    hanging('inconclusive');
    expect(() => breaker.admitRead()).toThrow(BreakerOpenError);
    now += probeAfterMs;
    breaker.admitRead();
    breaker.admit()('succeeded');
    expect(breaker.state).toBe('closed');
  });

  it('the circuit breaker opens by failed writes, however many reads succeed', () => {
    for (let made = 0; made < 10; made += 1) {
      attempts(1, 'failed');
      for (let read = 0; read < 3 && breaker.state === 'closed'; read += 1) breaker.admitRead()('succeeded');
    }
    expect(breaker.state).toBe('open');
  });

  it('the circuit breaker admits all reads after one succeeded, and stays half-open while writes fail', () => {
    attempts(10, 'failed');
    now += probeAfterMs;
    breaker.admitRead()('succeeded');
    for (let read = 0; read < 5; read += 1) breaker.admitRead()('succeeded');
    expect(breaker.state).toBe('half_open');
    attempts(1, 'failed');
    expect(() => breaker.admitRead()).toThrow(BreakerOpenError);
    now += probeAfterMs;
    attempts(1, 'succeeded');
    expect(changes).toEqual(['open', 'open', 'closed']);
  });

  it('the circuit breaker is closed by a read once no write has failed for three seconds', () => {
    attempts(10, 'failed');
    now += 2_999;
    breaker.admitRead()('succeeded');
    expect(breaker.state).toBe('half_open');
    now += 1;
    breaker.admitRead()('succeeded');
    expect(breaker.state).toBe('closed');
  });

  it('the circuit breaker knows of a success of the last three seconds, of a read as of a write', () => {
    for (const end of [() => breaker.admitRead(), () => breaker.admit()]) {
      expect(breaker.hasRecentSuccess).toBe(false);
      end()('succeeded');
      expect(breaker.hasRecentSuccess).toBe(true);
      now += 3_500;
    }
    breaker.admitRead()('inconclusive');
    expect(breaker.hasRecentSuccess).toBe(false);
  });

  it('the circuit breaker stays open when a read succeeds late, after a write has reopened it', () => {
    attempts(10, 'failed');
    now += probeAfterMs;
    const read = breaker.admitRead();
    attempts(1, 'failed');
    read('succeeded');
    expect(breaker.state).toBe('open');
    expect(attempt('succeeded')).toBe('refused');
  });

  it('the circuit breaker admits the next probe when one is inconclusive, so it can always be left', () => {
    attempts(10, 'failed');
    now += probeAfterMs;
    attempts(50, 'inconclusive');
    expect(breaker.state).toBe('half_open');
    attempts(1, 'succeeded');
    expect(breaker.state).toBe('closed');
  });

  it('the circuit breaker is not changed by attempts that began before it opened', () => {
    const late = [breaker.admit(), breaker.admit()];
    attempts(10, 'failed');
    for (const end of late) end('succeeded');
    expect(breaker.state).toBe('open');
    now += probeAfterMs;
    expect(breaker.state).toBe('half_open');
    expect(changes).toEqual(['open']);
  });
});

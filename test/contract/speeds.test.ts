import { describe, expect, it } from '@jest/globals';
import { packageFoldersOf, speedOf, testFiles } from '../harness/speeds.ts';

// Loaded without an import, as code in `src/` might do: this file is itself a unit test.
const net = process.getBuiltinModule('node:net');
const processes = process.getBuiltinModule('node:child_process');
const { fetch: get } = globalThis;

describe('the speed of a test', () => {
  it.each([
    ['test/stripe/retry-policy.test.ts', 'unit'],
    ['test/faults/history-check.test.ts', 'unit'],
    ['test/stripe/upstream-call.test.ts', 'integration'],
    ['test/journey/worked-examples.test.ts', 'integration'],
    ['test/recheck/regular-expressions.test.ts', 'integration'],
    ['test/faults/outage.test.ts', 'system'],
    ['test/access/shared-limits.test.ts', 'system'],
    ['test/browser/playground.test.ts', 'system'],
    ['test/contract/start.test.ts', 'system'],
  ])('the speed of a test follows from what the file imports: %s is %s', (file, speed) => {
    expect(speedOf(file)).toBe(speed);
  });

  it.each([
    ['test/journey/worked-examples.test.ts', []],
    ['test/recheck/regular-expressions.test.ts', ['test/recheck']],
    ['test/browser/playground.test.ts', ['test/browser']],
    ['test/sandbox/wire.test.ts', ['test/stripe-preview']],
    ['test/telemetry/traces.test.ts', ['test/federation']],
    ['test/federation/composition.test.ts', ['test/cosmo', 'test/federation']],
  ])('the packages that are installed for a test follow from what the file imports: %s', (file, folders) => {
    expect(packageFoldersOf(file)).toEqual(folders);
  });

  it('the packages that are installed for a test are none for most integration tests', () => {
    const { integration } = testFiles();
    const without = integration.filter((file) => packageFoldersOf(file).length === 0);
    expect(without.length).toBeGreaterThan(integration.length * 0.8);
  });

  it('the speed of a test is one of three for each file, and each of the three has tests', () => {
    const files = testFiles();
    const all = Object.values(files).flat();
    expect(new Set(all).size).toBe(all.length);
    for (const [speed, some] of Object.entries(files))
      expect([speed, some.length > 30]).toEqual([speed, true]);
  });

  it('the speed of a test is not unit if it opens a socket or starts a process through an import from src/', async () => {
    expect(() => net.connect(1)).toThrow('A unit test connects to a server');
    expect(() => Reflect.apply(net.Server.prototype.listen, new net.Server(), [0])).toThrow(
      'A unit test listens',
    );
    expect(() => processes.spawn('true')).toThrow('A unit test starts a process');
    await expect(get('http://127.0.0.1:4000')).rejects.toMatchObject({
      cause: expect.objectContaining({ message: expect.stringContaining('A unit test connects') }),
    });
  });
});

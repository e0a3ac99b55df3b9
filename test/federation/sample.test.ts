import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

describe('the sample supergraph', () => {
  it.each(['apollo', 'guild'])(
    'the sample supergraph composes as its configuration lists it, with the composer of %s',
    (composer) => {
      const { status, stderr } = spawnSync(process.execPath, ['deploy/supergraph/compose.ts', composer], {
        encoding: 'utf8',
      });
      expect(stderr).toBe('Composed deploy/supergraph/supergraph.graphql\n');
      expect(status).toBe(0);
      const supergraph = readFileSync('deploy/supergraph/supergraph.graphql', 'utf8');
      expect(supergraph).toContain('url: "http://127.0.0.1:4000/graphql"');
      expect(supergraph).toContain('url: "http://127.0.0.1:4001/graphql"');
      expect(supergraph.includes('@oneOf')).toBe(composer === 'guild');
    },
  );
});

import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';

const compose = (...args: string[]) =>
  spawnSync(process.execPath, ['deploy/supergraph/compose.ts', ...args], { encoding: 'utf8' });
const usage = 'Usage: npm run compose [guild|apollo] [FILE.yaml], with a file of deploy/supergraph.\n';

describe('the sample supergraph', () => {
  it.each(['apollo', 'guild'])(
    'the sample supergraph composes as its configuration lists it, with the composer of %s',
    (composer) => {
      const { status, stderr } = compose(composer);
      expect(stderr).toBe('Composed deploy/supergraph/supergraph.graphql\n');
      expect(status).toBe(0);
      const supergraph = readFileSync('deploy/supergraph/supergraph.graphql', 'utf8');
      expect(supergraph).toContain('url: "http://127.0.0.1:4000/graphql"');
      expect(supergraph).toContain('url: "http://127.0.0.1:4001/graphql"');
      expect(supergraph.includes('@oneOf')).toBe(composer === 'guild');
    },
  );

  it('the sample supergraph is composed by the default composer if only a file is named', () => {
    const composed = 'deploy/supergraph/supergraph.containers.graphql';
    rmSync(composed, { force: true });
    expect(compose('supergraph.containers.yaml')).toMatchObject({
      status: 0,
      stderr: `Composed ${composed}\n`,
    });
    expect(readFileSync(composed, 'utf8')).toContain('@oneOf');
  });

  it.each([
    [['rover'], `There is no composer "rover". ${usage}`],
    [['Apollo', 'supergraph.yaml'], `There is no composer "Apollo". ${usage}`],
    [['guild', 'apollo'], `"apollo" is no .yaml file. ${usage}`],
    [['guild', 'supergraph.yaml', 'more.yaml'], `Unknown argument "more.yaml". ${usage}`],
    [['no-such.yaml'], `There is no file deploy/supergraph/no-such.yaml. ${usage}`],
  ])('the sample supergraph is not composed with the arguments %j', (args, message) => {
    expect(compose(...args)).toMatchObject({ status: 1, stderr: message });
  });

  it('the sample supergraph’s customers say in one sentence that their port is in use', async () => {
    const taken = createServer();
    // If something else listens there, the port is in use all the same.
    await new Promise<void>((resolve) => {
      taken.once('error', () => resolve()).listen(4001, '127.0.0.1', resolve);
    });
    const { status, stderr } = spawnSync(process.execPath, ['deploy/supergraph/customers.ts'], {
      encoding: 'utf8',
    });
    taken.close();
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'Port 4001, which supergraph.yaml names, is in use: stop the process that listens on it.\n',
    });
  });
});

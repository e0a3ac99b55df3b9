import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from './free-port.ts';
import { reasonWithout } from './missing-program.ts';

/** Why tests with nginx can't run on this machine; undefined if they can. With CI=true they must. */
export function missingNginx(): string | undefined {
  return reasonWithout('nginx', spawnSync('nginx', ['-v']).status === 0);
}

export interface Balancer {
  readonly url: string;
  close(): Promise<void>;
}

/** The balancer of `deploy/nginx` in front of replicas on these ports: as many as it names, or fewer. */
export async function startNginx(replicas: readonly number[]): Promise<Balancer> {
  const directory = mkdtempSync(path.join(tmpdir(), 'nginx-'));
  const port = await freePort();
  const left = [...replicas];
  const site = readFileSync('deploy/nginx/customer-evaluations.conf', 'utf8')
    .replace('listen 127.0.0.1:8080;', `listen 127.0.0.1:${port};`)
    .replaceAll(/server 10\.0\.0\.\d:4000(.*)/g, (_, rules) =>
      left.length > 0 ? `server 127.0.0.1:${left.shift()}${rules}` : '',
    );
  if (left.length > 0) throw new Error(`the configuration has no place for ${left}`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${directory}/${name};`,
  );
  const main = `daemon off; master_process off; pid ${directory}/pid; error_log stderr error;
events { worker_connections 1024; }
http { access_log off; ${temporary.join(' ')}
${site}
}`;
  const file = path.join(directory, 'nginx.conf');
  writeFileSync(file, main);
  const server = spawn('nginx', ['-c', file, '-p', directory, '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let told = '';
  server.stderr.on('data', (chunk: Buffer) => {
    told += chunk;
  });
  const exited = once(server, 'exit');
  const url = `http://127.0.0.1:${port}`;
  while (!(await isUp(url))) {
    if (server.exitCode !== null) throw new Error(`nginx did not start: ${told}`);
  }
  return {
    url,
    async close() {
      server.kill('SIGTERM');
      await exited;
      rmSync(directory, { recursive: true });
    },
  };
}

async function isUp(url: string): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return fetch(`${url}/healthz`).then(
    () => true,
    () => false,
  );
}

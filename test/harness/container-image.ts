import { execFile, execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { reasonWithout } from './missing-program.ts';

const run = promisify(execFile);

/** Why no image can be built on this machine; undefined if one can. With CI=true it must be possible. */
export function missingBuildah(): string | undefined {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && process.env['CI'] !== 'true') return 'skipped: only root may build and mount images';
  return reasonWithout('buildah', spawnSync('buildah', ['--version']).status === 0);
}

/** The configuration of an image, as an engine reads it. */
interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly WorkingDir: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Healthcheck: { readonly Test: readonly string[] };
  readonly ExposedPorts: Readonly<Record<string, object>>;
}

/** An image built from the Dockerfile, with its files unpacked. */
export interface ContainerImage {
  readonly config: ImageConfig;
  /** The directory of the container's files. */
  readonly root: string;
}

/** The arguments of all instructions of one kind in a Dockerfile, in order. */
export function argumentsOf(keyword: string): string[] {
  const text = readFileSync('Dockerfile', 'utf8')
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll('\\\n', ' ');
  return [...text.matchAll(new RegExp(`^${keyword} +(.+)$`, 'gm'))].map(([, words = '']) => words.trim());
}

/**
 * Builds the Dockerfile below `into` with buildah, which needs no running engine. Not every machine can pull base
 * images, so two stand-ins have their names: the Node that this project pins with the libraries that it loads, one of
 * them with npm and a shell.
 */
export async function buildImage(into: string): Promise<ContainerImage> {
  const storage = path.join(into, 'storage');
  const buildah = async (...parameters: string[]): Promise<string> => {
    const place = ['--storage-driver', 'vfs', '--root', storage, '--runroot', path.join(into, 'run')];
    return (await run('buildah', [...place, ...parameters], { maxBuffer: 64e6 })).stdout.trim();
  };
  const importAs = async (name: string, files: string, ...config: string[]): Promise<void> => {
    const container = await buildah('from', 'scratch');
    await buildah('copy', '--quiet', container, files, '/');
    await buildah('config', ...config, container);
    await buildah('commit', '--quiet', '--rm', container, name);
    rmSync(files, { recursive: true });
  };
  const [node = '', distroless = ''] = argumentsOf('FROM').map((words) => words.split(' ')[0] ?? '');
  await importAs(`docker.io/library/${node}`, nodeFiles(path.join(into, 'node')), ...nodeConfig());
  await importAs(distroless, distrolessFiles(path.join(into, 'distroless')), '--user', '65532');

  const name = 'customer-evaluations-gateway';
  const cache = path.join(homedir(), '.npm');
  const npmrc = path.join(homedir(), '.npmrc');
  mkdirSync(cache, { recursive: true });
  await buildah(
    ...['build', '--isolation', 'chroot', '--network', 'host', '--pull-never', '--format', 'docker'],
    // npm's cache and configuration. They are mounted, so that no layer contains a registry's token.
    ...['--volume', `${cache}:/root/.npm`],
    ...(existsSync(npmrc) ? ['--volume', `${npmrc}:/root/.npmrc:ro`] : []),
    // npm opens more files at once than the 1,024 that buildah allows by default. Docker allows a million.
    ...['--ulimit', 'nofile=16384:16384'],
    ...['--tag', name, '.'],
  );
  const { Docker } = JSON.parse(await buildah('inspect', '--type', 'image', name)) as {
    Docker: { config: ImageConfig };
  };
  const root = await buildah('mount', await buildah('from', name));
  return { config: Docker.config, root };
}

/** Node and the libraries that it loads, as in the runtime image. */
function distrolessFiles(root: string): string {
  copyWithLibraries(process.execPath, root, '/nodejs/bin/node');
  mkdirSync(path.join(root, 'tmp'));
  mkdirSync(path.join(root, 'etc'), { recursive: true });
  writeFileSync(path.join(root, 'etc/passwd'), 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n');
  return root;
}

/** The npm that runs this, or else the installed one, which npm looks for beside the first node in PATH. */
function npmFolder(): string {
  const program = process.env['npm_execpath'];
  if (program !== undefined) return path.resolve(program, '../..');
  return path.join(execFileSync('npm', ['root', '--global'], { encoding: 'utf8' }).trim(), 'npm');
}

/** Node, npm, and a shell for both. */
function nodeFiles(root: string): string {
  copyWithLibraries(process.execPath, root, '/usr/local/bin/node');
  for (const program of ['/bin/sh', '/usr/bin/env']) copyWithLibraries(program, root, program);
  for (const folder of ['root', 'tmp', 'etc']) mkdirSync(path.join(root, folder), { recursive: true });
  // Tells npm where its configuration and cache are. buildah takes HOME from here.
  writeFileSync(path.join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  const npm = path.join(root, 'usr/local/lib/node_modules/npm');
  cpSync(npmFolder(), npm, { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', path.join(root, 'usr/local/bin/npm'));
  // The C library loads these to resolve names.
  const [, libraries = ''] = /(\/\S*)\/libc\.so/.exec(librariesOf(process.execPath).join('\n')) ?? [];
  for (const name of readdirSync(libraries).filter((file) => /^lib(nss_(dns|files)|resolv)\./.test(file)))
    copyInto(root, path.join(libraries, name), path.join(libraries, name));
  const authorities = process.env['NODE_EXTRA_CA_CERTS'];
  if (authorities !== undefined) copyInto(root, authorities, '/etc/authorities.crt');
  return root;
}

function nodeConfig(): string[] {
  const environment = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    npm_config_prefer_offline: 'true',
    ...(process.env['NODE_EXTRA_CA_CERTS'] === undefined
      ? {}
      : { NODE_EXTRA_CA_CERTS: '/etc/authorities.crt' }),
  };
  return Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
}

function copyWithLibraries(program: string, root: string, name: string): void {
  for (const library of librariesOf(program)) copyInto(root, library, library);
  copyInto(root, program, name);
}

function librariesOf(program: string): string[] {
  const loaded = execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g);
  return [...loaded].map(([, library = '']) => library);
}

function copyInto(root: string, file: string, name: string): void {
  mkdirSync(path.join(root, path.dirname(name)), { recursive: true });
  copyFileSync(file, path.join(root, name));
}

/**
 * The command that runs a program in the image's files as an engine would: as the image's user, without capabilities or
 * new privileges, on a read-only root. Network and processes are shared with the machine.
 */
export function commandInContainer(
  { root, config: { User, WorkingDir } }: ContainerImage,
  argv: readonly string[],
): [file: string, args: string[]] {
  const [uid = '', gid = ''] = User.split(':');
  const inRoot = [
    `mount --bind '${root}' '${root}'`,
    `mount -o remount,bind,ro '${root}'`,
    // Changing to a user that is not root drops every capability.
    `exec setpriv --no-new-privs unshare --root='${root}' --wd='${WorkingDir}' --setgid=${gid} --setuid=${uid} "$@"`,
  ].join(' && ');
  return ['unshare', ['--mount', '--propagation', 'private', 'sh', '-c', inRoot, 'sh', ...argv]];
}

/** The size of a directory in bytes. */
export function sizeOf(directory: string): number {
  const [kilobytes = ''] = execFileSync('du', ['-sk', directory], { encoding: 'utf8' }).split('\t');
  return Number(kilobytes) * 1024;
}

/** The build context by `.dockerignore`. It is an allow list, because a deny list is never complete. */
export function buildContext(): string[] {
  const [first, ...allowed] = readFileSync('.dockerignore', 'utf8')
    .split('\n')
    // Packages are installed in the build, for the image's platform.
    .filter((line) => line !== '' && !line.startsWith('#') && line !== '**/node_modules');
  if (first !== '*' || allowed.some((line) => !/^![\w./-]+$/.test(line))) {
    throw new Error('.dockerignore is no list of what is allowed');
  }
  return allowed.map((line) => line.slice(1));
}

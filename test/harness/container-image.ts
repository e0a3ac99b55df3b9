import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';
import {
  type Copy,
  DockerfileParser,
  type From,
  type Instruction,
  type JSONInstruction,
} from 'dockerfile-ast';

/** What the last stage of a Dockerfile says about how its container runs. */
export interface ContainerImage {
  /** The container's files: only what was copied, none of its base image's. */
  readonly root: string;
  readonly workdir: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}

/** The Dockerfile, read. */
export const dockerfile = (): Instruction[] =>
  DockerfileParser.parse(readFileSync('Dockerfile', 'utf8')).getInstructions();

/**
 * What `.dockerignore` lets into the build: it must be a list of what is allowed, since a list of what is not is never
 * complete.
 */
export function buildContext(): string[] {
  const lines = readFileSync('.dockerignore', 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const [first, ...allowed] = lines;
  if (first !== '*' || allowed.some((line) => !/^![\w./-]+$/.test(line))) {
    throw new Error('.dockerignore is no list of what is allowed');
  }
  return allowed.map((line) => line.slice(1));
}

/**
 * Builds the image below `into` by doing what the Dockerfile says, COPY by COPY and RUN by RUN, where no container
 * engine runs. Base images are not there: commands run on this machine, in the stage's directory. A full `npm ci` is not
 * repeated: it is what this checkout has done.
 */
export function buildImage(into: string): ContainerImage {
  const context = path.join(into, 'context');
  for (const allowed of buildContext()) cpSync(allowed, path.join(context, allowed), { recursive: true });

  let image: ContainerImage | undefined;
  for (const instruction of dockerfile()) {
    if (instruction.getKeyword() === 'FROM') {
      const stage = (instruction as From).getBuildStage() ?? 'final';
      const root = path.join(into, stage);
      mkdirSync(root);
      image = { root, workdir: '/', environment: {}, user: 'root', entrypoint: [], command: [] };
    } else if (image !== undefined) {
      image = follow(instruction, image, into, context);
    }
  }
  if (image === undefined) throw new Error('the Dockerfile has no stage');
  return image;
}

function follow(
  instruction: Instruction,
  image: ContainerImage,
  into: string,
  context: string,
): ContainerImage {
  const words = instruction.getArguments().map((argument) => argument.getValue());
  const inside = (name: string): string => path.join(image.root, path.resolve(image.workdir, name));
  switch (instruction.getKeyword()) {
    case 'WORKDIR':
      mkdirSync(inside(words[0] ?? ''), { recursive: true });
      return { ...image, workdir: path.resolve(image.workdir, words[0] ?? '') };
    case 'COPY': {
      const stage = (instruction as Copy).getFromFlag()?.getValue();
      const from = stage == null ? context : path.join(into, stage);
      const to = words.pop() ?? '';
      for (const source of words) {
        const target = to.endsWith('/') ? path.join(inside(to), path.basename(source)) : inside(to);
        // Links as they are: what they point to must have been copied as well.
        cpSync(path.join(from, source), target, { recursive: true, verbatimSymlinks: true });
      }
      return image;
    }
    case 'RUN':
      run(instruction.getArgumentsContent() ?? '', path.join(image.root, image.workdir));
      return image;
    case 'ENV': {
      const set = instruction.getArguments().map((argument) => argument.getValue().split('='));
      return { ...image, environment: { ...image.environment, ...Object.fromEntries(set) } };
    }
    case 'USER':
      return { ...image, user: words[0] ?? '' };
    case 'ENTRYPOINT':
      return { ...image, entrypoint: jsonOf(instruction) };
    case 'CMD':
      return { ...image, command: jsonOf(instruction) };
    case 'ARG':
    case 'LABEL':
    case 'EXPOSE':
    case 'HEALTHCHECK':
      return image;
    default:
      throw new Error(`this test does not know what ${instruction.getKeyword()} does`);
  }
}

function run(command: string, cwd: string): void {
  if (command === 'npm ci --ignore-scripts') {
    symlinkSync(path.resolve('node_modules'), path.join(cwd, 'node_modules'));
    return;
  }
  const environment = { ...process.env, NODE_ENV: undefined, npm_config_prefer_offline: 'true' };
  execFileSync('sh', ['-c', command.replaceAll('\\\n', '')], { cwd, env: environment, stdio: 'pipe' });
}

function jsonOf(instruction: Instruction): string[] {
  const strings = (instruction as JSONInstruction).getJSONStrings().map((string) => string.getJSONValue());
  if (strings.length === 0) throw new Error(`${instruction.getKeyword()} needs a shell, and there is none`);
  return strings;
}

/**
 * The command that runs a program of the image as its container would: as its user, without any right, and where this
 * process may do so in a root of its own that is read-only and holds the image, node and the libraries that node needs.
 */
export function commandInContainer(
  image: ContainerImage,
  argv: readonly string[],
): { readonly file: string; readonly args: string[]; readonly isolated: boolean } {
  const [program = '', ...args] = argv;
  const isolated = process.getuid?.() === 0;
  if (!isolated) return { file: process.execPath, args, isolated };
  putNodeInto(image.root, program);
  const [uid = '', gid = ''] = image.user.split(':');
  const inRoot = [
    `mount --bind '${image.root}' '${image.root}'`,
    `mount -o remount,bind,ro '${image.root}'`,
    // A change to a user that is not root takes every capability away.
    `exec setpriv --no-new-privs unshare --root='${image.root}' --wd='${image.workdir}' --setgid=${gid} --setuid=${uid} "$@"`,
  ].join(' && ');
  return {
    file: 'unshare',
    args: ['--mount', '--propagation', 'private', 'sh', '-c', inRoot, 'sh', program, ...args],
    isolated,
  };
}

function putNodeInto(root: string, program: string): void {
  if (existsSync(path.join(root, program))) return;
  const libraries = execFileSync('ldd', [process.execPath], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g);
  for (const [, library = ''] of libraries) {
    copyInto(root, library, library);
  }
  copyInto(root, process.execPath, program);
}

function copyInto(root: string, file: string, name: string): void {
  mkdirSync(path.join(root, path.dirname(name)), { recursive: true });
  copyFileSync(file, path.join(root, name));
  chmodSync(path.join(root, name), 0o755);
}

/** What the image's own layers weigh, in bytes; none of its base image's. */
export function sizeOf(directory: string): number {
  const [kilobytes = ''] = execFileSync('du', ['-sk', directory], { encoding: 'utf8' }).split('\t');
  return Number(kilobytes) * 1024;
}

/** Every file of the image, by its path inside. */
export function filesOf(image: ContainerImage): string[] {
  return readdirSync(image.root, { recursive: true, encoding: 'utf8' });
}

export function removeImage(into: string): void {
  rmSync(into, { recursive: true, force: true });
}

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { composeServices as composeWithApollo } from '@apollo/composition';
import { composeServices as composeWithGuild } from '@theguild/federation-composition';
import { parse } from 'graphql';
import { parse as parseYaml } from 'yaml';

// `npm run compose [guild|apollo] [supergraph….yaml]`: composes the subgraphs of supergraph.yaml, or of another file
// beside it, into a file of the same name, without rover. The Guild's composer keeps `@oneOf` for routers that support
// it; Apollo's composes like rover.
interface SupergraphConfig {
  readonly subgraphs: Readonly<
    Record<string, { readonly routing_url: string; readonly schema: { readonly file: string } }>
  >;
}

function refuse(why: string): never {
  process.stderr.write(
    `${why}. Usage: npm run compose [guild|apollo] [FILE.yaml], with a file of deploy/supergraph.\n`,
  );
  process.exit(1);
}

function composerOf(name: string) {
  if (name === 'guild') return composeWithGuild;
  if (name === 'apollo') return composeWithApollo;
  return refuse(`There is no composer ${JSON.stringify(name)}`);
}

function read(file: URL): string {
  if (!existsSync(file)) refuse(`There is no file ${path.relative(process.cwd(), fileURLToPath(file))}`);
  return readFileSync(file, 'utf8');
}

const args = process.argv.slice(2);
// A file may come alone.
if (args[0]?.endsWith('.yaml')) args.unshift('guild');
const [composerName = 'guild', configName = 'supergraph.yaml', third] = args;
const composer = composerOf(composerName);
if (!configName.endsWith('.yaml')) refuse(`${JSON.stringify(configName)} is no .yaml file`);
if (third !== undefined) refuse(`Unknown argument ${JSON.stringify(third)}`);
const config = new URL(configName, import.meta.url);
const composed = configName.replace(/\.yaml$/, '.graphql');
const { subgraphs } = parseYaml(read(config)) as SupergraphConfig;
const { supergraphSdl, errors } = composer(
  Object.entries(subgraphs).map(([name, { routing_url: url, schema }]) => ({
    name,
    url,
    typeDefs: parse(read(new URL(schema.file, config))),
  })),
);
if (supergraphSdl === undefined) {
  process.stderr.write(`The subgraphs do not compose:\n${errors?.join('\n')}\n`);
  process.exitCode = 1;
} else {
  writeFileSync(new URL(composed, import.meta.url), supergraphSdl);
  process.stderr.write(`Composed deploy/supergraph/${composed}\n`);
}

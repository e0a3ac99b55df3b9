import { readFileSync, writeFileSync } from 'node:fs';
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

const composer = process.argv[2] === 'apollo' ? composeWithApollo : composeWithGuild;
const configName = process.argv[3] ?? 'supergraph.yaml';
const config = new URL(configName, import.meta.url);
const composed = configName.replace(/\.yaml$/, '.graphql');
const { subgraphs } = parseYaml(readFileSync(config, 'utf8')) as SupergraphConfig;
const { supergraphSdl, errors } = composer(
  Object.entries(subgraphs).map(([name, { routing_url: url, schema }]) => ({
    name,
    url,
    typeDefs: parse(readFileSync(new URL(schema.file, config), 'utf8')),
  })),
);
if (supergraphSdl === undefined) {
  process.stderr.write(`The subgraphs do not compose:\n${errors?.join('\n')}\n`);
  process.exitCode = 1;
} else {
  writeFileSync(new URL(composed, import.meta.url), supergraphSdl);
  process.stderr.write(`Composed deploy/supergraph/${composed}\n`);
}

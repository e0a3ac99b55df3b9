// A file of its own, because `import()` of the CommonJS package itself finds no names once it is bundled: esbuild makes
// it a chunk whose only export is `default`. https://esbuild.github.io/api/#splitting
export { printSubgraphSchema } from '@apollo/subgraph';

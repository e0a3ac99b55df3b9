// A separate file, because `import()` of the CommonJS package has no named exports once it is bundled: esbuild makes it
// a chunk whose only export is `default`. https://esbuild.github.io/api/#splitting
export { printSubgraphSchema } from '@apollo/subgraph';

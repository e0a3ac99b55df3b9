// esbuild merges imported style sheets into the page's.
declare module '*.css';

// esbuild imports an operation's file as text.
declare module '*.graphql' {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: esbuild exports text as the default
  export default text;
}

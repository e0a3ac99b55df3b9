// What esbuild makes of a style sheet: a part of the page's own.
declare module '*.css';

// And of an operation's file: its text.
declare module '*.graphql' {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: it is how esbuild exports a text
  export default text;
}

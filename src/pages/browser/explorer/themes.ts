// The same import as GraphiQL's, with the parts that it needs.
import { editor } from 'monaco-graphql/esm/monaco-editor.js';

/** The editor's themes, for GraphiQL's `editorTheme`. */
export const themes = { light: 'readable-light', dark: 'readable-dark' };

/** Monaco's own themes with more contrast: some of their colours are too faint on GraphiQL's background. */
export function defineThemes(): void {
  const onPageGround = { 'editor.background': '#ffffff00' };
  editor.defineTheme(themes.light, {
    base: 'vs',
    inherit: true,
    colors: onPageGround,
    rules: [
      { token: 'number', foreground: '07603f' },
      { token: 'argument.identifier.gql', foreground: '5350b8' },
    ],
  });
  editor.defineTheme(themes.dark, {
    base: 'vs-dark',
    inherit: true,
    colors: { ...onPageGround, 'editorLineNumber.foreground': '#9aa5b8' },
    rules: [
      { token: 'comment', foreground: '87b574' },
      { token: 'argument.identifier.gql', foreground: 'a5a0ff' },
    ],
  });
}

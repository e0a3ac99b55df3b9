// The same import as GraphiQL's, with the parts that it needs.
import { editor } from 'monaco-graphql/esm/monaco-editor.js';

/** Wraps long lines in every editor: GraphiQL has no setting for it, and would cut them. */
export function wrapLines(): void {
  const isNarrow = matchMedia('(width < 45rem)').matches;
  editor.onDidCreateEditor((created) => {
    created.updateOptions({
      wordWrap: 'on',
      wrappingIndent: 'indent',
      // On a phone the text needs the space of the line numbers.
      ...(isNarrow ? { fontSize: 13, lineNumbers: 'off', folding: false, lineDecorationsWidth: 4 } : {}),
    });
  });
}

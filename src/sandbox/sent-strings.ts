/** A string that was sent, with the name of its parameter, if it is one. */
export interface SentString {
  readonly param: string | undefined;
  readonly value: string;
}

/** Every string in a tree of parameters. */
export function stringsIn(params: object): SentString[] {
  const found: SentString[] = [];
  const visit = (value: unknown, path: PropertyKey[]): void => {
    if (typeof value === 'string') found.push({ param: bracketed(path), value });
    else if (typeof value === 'object' && value !== null) {
      for (const [name, item] of Object.entries(value)) visit(item, [...path, name]);
    }
  };
  visit(params, []);
  return found;
}

/** A path as the upstream writes it: `evaluation_context[0][type]`. */
export function bracketed(path: readonly PropertyKey[]): string {
  const [first, ...rest] = path.map(String);
  return [first ?? '', ...rest.map((part) => `[${part}]`)].join('');
}

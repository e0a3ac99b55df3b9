import { describe, expect, it } from '@jest/globals';
import {
  buildSchema,
  type DocumentNode,
  execute,
  GraphQLError,
  getOperationAST,
  parse,
  parseValue,
  Source,
  validate,
} from 'graphql';
import { redactValues } from '../../src/graph/redact-values.ts';

const canary = 'canary@example.com';

const schema = buildSchema(`
  type Query {
    ask(person: PersonInput, people: [PersonInput!], colour: Colour, number: Int, needed: ID! = "x"): Int
    must(person: PersonInput!): Int
  }
  input PersonInput { name: String!  age: Int  mood: Mood  friends: [PersonInput!]  one: OneInput  big: Float  is: Boolean }
  input OneInput @oneOf { a: String  b: Int }
  enum Colour { RED GREEN }
  scalar Mood
`);
Object.assign(schema.getType('Mood') as object, {
  parseValue: (value: unknown) => {
    throw new Error(String(value));
  },
});
interface Told {
  message: string;
  path: unknown;
  code: unknown;
}

/** What a caller sees of an error of graphql-js, at the stage where Apollo Server raises it. */
function refusals(source: string, variables?: Record<string, unknown>): Told[] {
  let document: DocumentNode | undefined;
  const errors: GraphQLError[] = [];
  const note = (code: string | undefined, found: readonly GraphQLError[]): void => {
    for (const error of found) if (code !== undefined) error.extensions['code'] = code;
    errors.push(...found);
  };
  try {
    document = parse(new Source(source));
    note('GRAPHQL_VALIDATION_FAILED', validate(schema, document));
  } catch (error) {
    note('GRAPHQL_PARSE_FAILED', [error as GraphQLError]);
  }
  const operation = document === undefined ? undefined : (getOperationAST(document) ?? undefined);
  if (document !== undefined && errors.length === 0) {
    const rootValue = { ask: 1, must: 1 };
    const result = execute({ schema, document, rootValue, variableValues: variables ?? {} });
    const found = (result as { errors?: GraphQLError[] }).errors ?? [];
    // Apollo Server gives this code to errors of `getVariableValues`. Errors about an argument have none yet.
    for (const error of found) {
      const isVariable = error.nodes?.[0]?.kind === 'VariableDefinition';
      note(isVariable ? 'BAD_USER_INPUT' : undefined, [error]);
    }
  }
  expect(errors.length).toBeGreaterThan(0);
  redactValues(errors, { schema, document, operation, variables });
  return errors.map(({ message, stack, extensions: { path, code } }) => {
    expect(`${message} ${stack}`).not.toContain('canary');
    return { message, path, code };
  });
}

const notAValueOf = (type: string): string => `is not a value of type "${type}".`;

describe('a variable that is refused', () => {
  const person = 'query ($p: PersonInput) { ask(person: $p) }';
  const good = { name: 'x' };

  it.each<[string, Record<string, unknown>, [message: string, path: string[]][]]>([
    ['one of a wrong type', { p: { name: [canary] } }, [[notAValueOf('String'), ['p', 'name']]]],
    [
      'several, in lists and in hashes',
      { p: { ...good, age: canary, friends: [good, { name: 5 }, {}], big: canary, is: canary } },
      [
        [notAValueOf('Int'), ['p', 'age']],
        [notAValueOf('String'), ['p', 'friends', '1', 'name']],
        ['Field "name" of required type "String!" was not provided.', ['p', 'friends', '2']],
        [notAValueOf('Float'), ['p', 'big']],
        [notAValueOf('Boolean'), ['p', 'is']],
      ],
    ],
    [
      'one that its type’s own code refuses',
      { p: { ...good, mood: canary } },
      [['is not a value of its type.', ['p', 'mood']]],
    ],
    [
      'a null in a list of none',
      { p: { ...good, friends: [null] } },
      [['Expected non-nullable type "PersonInput!" not to be null.', ['p', 'friends', '0']]],
    ],
    ['a text in place of a hash', { p: canary }, [['Expected type "PersonInput" to be an object.', ['p']]]],
    [
      'no key of one',
      { p: { ...good, one: {} } },
      [['Exactly one key must be specified for OneOf type "OneInput".', ['p', 'one']]],
    ],
    [
      'two keys of one',
      { p: { ...good, one: { a: canary, b: 1 } } },
      [['Exactly one key must be specified for OneOf type "OneInput".', ['p', 'one']]],
    ],
    [
      'a null as the one key',
      { p: { ...good, one: { a: null } } },
      [['Field "a" must be non-null.', ['p', 'one', 'a']]],
    ],
    [
      'a field that does not exist, by its name where that is one',
      { p: { ...good, shoeSize: canary, [canary]: 1, ['x'.repeat(65)]: 1 } },
      [
        ['is not defined by type "PersonInput".', ['p', 'shoeSize']],
        ['is not a value of its type.', ['p']],
        ['is not a value of its type.', ['p']],
      ],
    ],
  ])('a refused variable is reported by field and rule: %s', (_, variables, expected) => {
    expect(refusals(person, variables)).toEqual(
      expected.map(([message, path]) => ({
        message: `${path.join('.')}: ${message}`,
        path,
        code: 'BAD_USER_INPUT',
      })),
    );
  });

  it.each([canary, 'x" does not exist in "canary" enum', '\n', 5, {}])(
    'a refused variable of an enum type is reported by its own name: %j',
    (value) => {
      const source =
        'query ($p: PersonInput, $absent: Int, $none: Int, $c: Colour) { ask(person: $p, colour: $c, number: $absent) a: ask(number: $none) }';
      expect(refusals(source, { p: good, none: null, c: value })).toEqual([
        { message: 'c: is not a value of type "Colour".', path: ['c'], code: 'BAD_USER_INPUT' },
      ]);
    },
  );

  it('a refused variable is reported without the message of its scalar, even if that looks like graphql’s', () => {
    const mood = 'Field "canary" is not defined by type "canary"';
    expect(refusals(person, { p: { ...good, mood } })).toEqual([
      { message: 'p.mood: is not a value of its type.', path: ['p', 'mood'], code: 'BAD_USER_INPUT' },
    ]);
  });

  it.each([{}, { n: null }])(
    'a refused variable is reported beside others, in the order of their definition: %j',
    (others) => {
      const source =
        'query ($p: PersonInput, $n: Int!, $c: Colour) { ask(person: $p, colour: $c, number: $n) }';
      expect(refusals(source, { c: canary, p: canary, ...others })).toEqual([
        { message: 'p: Expected type "PersonInput" to be an object.', path: ['p'], code: 'BAD_USER_INPUT' },
        {
          message:
            'n' in others
              ? 'Variable "$n" of non-null type "Int!" must not be null.'
              : 'Variable "$n" of required type "Int!" was not provided.',
          path: undefined,
          code: 'BAD_USER_INPUT',
        },
        { message: 'c: is not a value of type "Colour".', path: ['c'], code: 'BAD_USER_INPUT' },
      ]);
    },
  );
});

describe('a literal that is refused', () => {
  it.each([
    [`ask(colour: "${canary}")`, notAValueOf('Colour')],
    ['ask(colour: CANARY)', notAValueOf('Colour')],
    ['ask(colour: 1)', notAValueOf('Colour')],
    [`ask(number: "${canary}")`, notAValueOf('Int')],
    ['ask(number: 12345678901)', notAValueOf('Int')],
    ['ask(number: 1.5)', notAValueOf('Int')],
    ['ask(number: true)', notAValueOf('Int')],
    ['ask(number: [1])', notAValueOf('Int')],
    ['ask(number: {a: 1})', notAValueOf('Int')],
    ['must(person: null)', notAValueOf('PersonInput!')],
    ['ask(people: [null])', notAValueOf('PersonInput!')],
    ['ask(person: {name: 1})', notAValueOf('String')],
    [`ask(person: "${canary}")`, notAValueOf('PersonInput')],
  ])('a refused literal is reported by its type: %s', (field, message) => {
    expect(refusals(`{ ${field} }`)).toEqual([
      { message: `A literal ${message}`, path: undefined, code: 'GRAPHQL_VALIDATION_FAILED' },
    ]);
  });

  it.each([
    ['ask(person: {name: "a", one: {}})', 'OneOf Input Object "OneInput" must specify exactly one key.'],
    [
      `ask(person: {name: "a", one: {a: "${canary}", b: 1}})`,
      'OneOf Input Object "OneInput" must specify exactly one key.',
    ],
    ['ask(person: {name: "a", one: {a: null}})', 'Field "OneInput.a" must be non-null.'],
    [`ask(person: {age: 1})`, 'Field "PersonInput.name" of required type "String!" was not provided.'],
  ])('a refused literal is reported by its rule, which names no value: %s', (field, message) => {
    expect(refusals(`{ ${field} }`).map((told) => told.message)).toEqual([message]);
  });
});

describe('a literal that is refused in words that only look like graphql’s own', () => {
  const node = parseValue('RED');

  it.each([
    'OneOf Input Object "X" must specify exactly one key.',
    'Exactly one key must be specified for OneOf type "X".',
    'Field "x" must be non-null.',
    'Field "X.x" of required type "[X!]!" was not provided.',
    'Expected type "X" to be an object.',
    'Expected non-nullable type "[X!]" not to be null.',
  ])(
    'a refused literal with a message that only looks like graphql’s is reported without it if it contains more: %s',
    (rule) => {
      const told = [rule, `${canary} ${rule}`, `${rule} ${canary}`].map((message) => {
        const error = new GraphQLError(message, { nodes: node });
        redactValues([error], { schema, document: undefined, operation: undefined, variables: undefined });
        return error.message;
      });
      const neither = 'A literal is not a value of its type.';
      expect(told).toEqual([rule, neither, neither]);
    },
  );

  it.each([
    'Expected value of type "[X!]!", found x.',
    'Value "x" does not exist in "X" enum.',
    'Enum "X" cannot represent value: "x"',
    'X cannot represent value: "x"',
  ])(
    'a refused literal with a message that only looks like graphql’s names a type only if that comes first: %s',
    (text) => {
      const told = [text, `canary: ${text}`].map((message) => {
        const error = new GraphQLError(message, { nodes: node });
        redactValues([error], { schema, document: undefined, operation: undefined, variables: undefined });
        return error.message;
      });
      expect(told[0]).toMatch(/^A literal is not a value of type "(X|\[X!\]!)"\.$/);
      expect(told[1]).toBe('A literal is not a value of its type.');
    },
  );
});

describe('an argument that only a run shows to be null', () => {
  it('an argument that only execution finds null is reported by its own path, even beside invalid ones and defaults', () => {
    const source = `query ($n: String = "a", $m: ID = "x", $d: String = "d") {
      ask(needed: $m) must(person: { name: $d, friends: [{ name: $n }] }) }`;
    expect(refusals(source, { n: null, m: null }).map(({ path }) => path)).toEqual([
      ['needed'],
      ['person', 'friends', '0', 'name'],
    ]);
  });

  it.each([
    ['query ($p: PersonInput = {name: "a"}) { must(person: $p) }', { p: null }, 'PersonInput!', ['person']],
    ['query ($n: String = "a") { must(person: {name: $n}) }', { n: null }, 'String!', ['person', 'name']],
    [
      'query ($n: String = "a", $a: Int = 1, $b: Int) { ask(number: $b) must(person: {age: $a, name: "x", friends: [{name: "y"}, {name: $n}]}) }',
      { n: null },
      'String!',
      ['person', 'friends', '1', 'name'],
    ],
    ['query ($i: ID = "x") { ask(needed: $i) }', { i: null }, 'ID!', ['needed']],
  ])(
    'an argument that only execution finds null is reported by its path: %s',
    (source, variables, type, path) => {
      const message = `${path.join('.')}: Expected non-nullable type "${type}" not to be null.`;
      expect(refusals(source, variables)).toEqual([{ message, path, code: 'BAD_USER_INPUT' }]);
    },
  );
});

describe('a document that is refused', () => {
  it.each([
    [`{ ask(number: "${canary}`, 1, 34],
    [`{\n  "${canary}" }`, 2, 3],
  ])('a document that is refused is told by where it does not parse: %j', (source, line, column) => {
    expect(refusals(source)).toEqual([
      {
        message: `Syntax Error: the document does not parse at line ${line}, column ${column}.`,
        path: undefined,
        code: 'GRAPHQL_PARSE_FAILED',
      },
    ]);
  });

  it('a document that is refused for its tokens is told how many it may have', () => {
    const error = new GraphQLError('Syntax Error: Document contains more that 9 tokens. Parsing aborted.', {
      extensions: { code: 'GRAPHQL_PARSE_FAILED' },
    });
    redactValues([error], { schema, document: undefined, operation: undefined, variables: undefined });
    expect(error.message).toBe('Syntax Error: this gateway allows at most 9 tokens in a document.');
  });

  it.each([
    [
      '{ must }',
      'Field "must" argument "person" of type "PersonInput!" is required, but it was not provided.',
    ],
    ['{ nothing }', 'Cannot query field "nothing" on type "Query".'],
  ])('a refused document keeps graphql’s message if it holds no value: %s', (source, message) => {
    expect(refusals(source).map((told) => told.message)).toEqual([message]);
  });

  it('a refused document with several operations gets a message that says what to set', () => {
    const error = new GraphQLError(`Unknown operation named "${canary}".`, {
      extensions: { code: 'OPERATION_RESOLUTION_FAILURE' },
    });
    redactValues([error], { schema, document: undefined, operation: undefined, variables: undefined });
    expect(error.message).toBe(
      'The document has no operation with this `operationName`, or it has several and `operationName` is missing.',
    );
    expect(error.stack).toBe('');
  });
});

describe('a refusal whose field is not found again', () => {
  const [document] = [parse('query ($n: Int) { ask(number: $n) }')];
  const definition = getOperationAST(document)?.variableDefinitions?.[0];

  it.each([
    [`Variable "$n" got invalid value "${canary}"; x`, definition, 'A variable is invalid.'],
    [`Argument "x" has invalid value ${canary}.`, undefined, 'An argument is invalid.'],
    [`Argument "x" of required type "${canary}" was not provided.`, undefined, 'An argument is invalid.'],
  ])(
    'a refusal whose field is not found again is still reported, without a value: %s',
    (message, node, told) => {
      const error = new GraphQLError(message, { nodes: node ?? null });
      redactValues([error], { schema, document: undefined, operation: undefined, variables: undefined });
      expect(error.message).toBe(told);
      expect(error.extensions['path']).toBeUndefined();
    },
  );

  it('a refusal of a kind that quotes no value is unchanged', () => {
    const texts = ['Custom: Argument "x" has invalid value 1.', 'x got invalid value 1'];
    const errors = texts.map((text) => new GraphQLError(text));
    redactValues(errors, { schema, document, operation: undefined, variables: undefined });
    expect(errors.map(({ message }) => message)).toEqual(texts);
  });
});

import { describe, expect, it } from '@jest/globals';
import { buildSchema, type DocumentNode, Kind, type OperationDefinitionNode, parse, validate } from 'graphql';
import { measureOperation } from '../../src/graph/operation-complexity.ts';
import { costOf } from '../../src/graph/operation-cost.ts';
import { noServiceRule, operationLimitsRule } from '../../src/graph/operation-limits.ts';

const documentOf = (source: string): [DocumentNode, OperationDefinitionNode] => {
  const document = parse(source);
  const operation = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  return [document, operation as OperationDefinitionNode];
};

describe('the size of an operation', () => {
  it.each([
    ['{ a }', { rootFields: 1, depth: 1, aliases: 0, directives: 0 }],
    ['{ a { b { c } } d }', { rootFields: 2, depth: 3, aliases: 0, directives: 0 }],
    ['{ x: a { y: b } z: c }', { rootFields: 2, depth: 2, aliases: 3, directives: 0 }],
    [
      '{ a @skip(if: true) { b @x @y } ... @z { c } }',
      { rootFields: 2, depth: 2, aliases: 0, directives: 4 },
    ],
    // Fragments count at each use, as if they were written inline.
    [
      '{ ...F ...F } fragment F on Query { x: a @x { b } }',
      { rootFields: 2, depth: 2, aliases: 2, directives: 2 },
    ],
    [
      '{ a { ...F @y } } fragment F on A { ...G b } fragment G on A { z: c { d { e } } }',
      { rootFields: 1, depth: 4, aliases: 1, directives: 1 },
    ],
    ['{ ... { ... { a b } } c }', { rootFields: 3, depth: 1, aliases: 0, directives: 0 }],
    // The deepest selection counts, whether first or last.
    ['{ a { b } c }', { rootFields: 2, depth: 2, aliases: 0, directives: 0 }],
    ['{ ...F a } fragment F on Query { b { c } }', { rootFields: 2, depth: 2, aliases: 0, directives: 0 }],
    // graphql-js limits introspection itself.
    ['{ __schema { types { x: name @x } } a }', { rootFields: 2, depth: 1, aliases: 0, directives: 0 }],
    [
      '{ y: __type(name: "a") @y { fields { x: name } } }',
      { rootFields: 1, depth: 1, aliases: 1, directives: 1 },
    ],
    ['{ ...Unknown a }', { rootFields: 1, depth: 1, aliases: 0, directives: 0 }],
  ])('the size of %s is measured', (source, measure) => {
    expect(measureOperation(...documentOf(source))).toEqual(measure);
  });

  it('the size of an operation is measured once per fragment: fifty that double each other take no time', () => {
    const fragments = Array.from(
      { length: 50 },
      (_, n) => `fragment F${n} on Q { ...F${n + 1} x: a ...F${n + 1} }`,
    );
    const source = `{ ...F0 } ${fragments.join(' ')} fragment F50 on Q { a }`;
    // Counting field by field would never end.
    expect(measureOperation(...documentOf(source)).rootFields).toBe(2 ** 51 - 1);
  });
});

describe('what an operation may cost', () => {
  it.each<[string, Record<string, unknown> | undefined, number]>([
    ['{ a }', undefined, 1],
    ['{ a b c }', undefined, 3],
    ['{ a { b c d } }', undefined, 1],
    ['{ a @skip(if: true) ...F ... { b } } fragment F on Query { c d { e } }', undefined, 4],
    ['{ ... { a b ... { c } } }', undefined, 3],
    ['{ ...Unknown }', undefined, 1],
    ['{ _entities(representations: [1, 2, 3]) { a } }', undefined, 3],
    ['{ _entities(representations: []) { a } }', undefined, 1],
    ['{ _entities(few: [1, 2], representations: [1, 2, 3, 4]) { a } b }', undefined, 5],
    ['{ _entities(representations: $list) { a } }', { list: [1, 2, 3, 4] }, 4],
    ['{ _entities(representations: $list) { a } }', { list: [] }, 1],
    ['{ _entities(representations: $list) { a } }', { list: 'abc' }, 1],
    ['{ _entities(representations: $list) { a } }', undefined, 1],
    ['{ _entities(representations: $list) { a } b }', { list: [1, 2, 3] }, 4],
    [
      '{ x: _entities(representations: $list) { a } y: _entities(representations: $list) { a } }',
      { list: [1, 2, 3] },
      6,
    ],
  ])('the cost of %s with %j is counted', (source, variables, cost) => {
    const [document, operation] = documentOf(source);
    expect(costOf(document, operation, variables)).toBe(cost);
    // The cost is cached by document, but not by variables.
    expect(costOf(document, operation, { list: [1] })).toBe(costOf(...documentOf(source), { list: [1] }));
    expect(costOf(document, operation, variables)).toBe(cost);
  });

  it('what an operation may cost is read from a document once, since a router sends the same ones again and again', () => {
    const [document, operation] = documentOf('{ ...F } fragment F on Query { a b }');
    expect(costOf(document, operation, undefined)).toBe(2);
    expect(costOf({ ...document, definitions: [] }, operation, undefined)).toBe(2);
  });
});

describe('an operation beyond the limits', () => {
  const schema = buildSchema('type Query { a: Query  b: Int  _service: Int } type Other { _service: Int }');
  const limits = { rootFields: 2, depth: 3, aliases: 1, directives: 2 };
  const refusals = (source: string): string[] =>
    validate(schema, parse(source), [operationLimitsRule(limits), noServiceRule]).map(
      ({ message }) => message,
    );
  const tooMuch = (what: string, most: number): string =>
    `The operation has ${most + 1} ${what}; this gateway allows at most ${most}. Send several smaller operations.`;

  it.each([
    ['{ b a { a { b } } }', []],
    ['{ a { b } b x: b }', [tooMuch('root fields', 2)]],
    ['{ a { a { a { b } } } }', [tooMuch('levels of fields', 3)]],
    ['{ x: a { y: b } }', [tooMuch('aliases', 1)]],
    ['{ a @x @y @z { b } }', [tooMuch('directives', 2)]],
    [
      '{ x: a { y: b } b @x b @y @z }',
      [tooMuch('root fields', 2), tooMuch('aliases', 1), tooMuch('directives', 2)],
    ],
    ['query One { b } query Two { x: b y: b }', [tooMuch('aliases', 1)]],
  ])('an operation beyond the limits gets an error for each of them: %s', (source, messages) => {
    expect(refusals(source)).toEqual(messages);
  });

  it('an operation beyond the limits gets an error with the operation’s location', () => {
    const [error] = validate(schema, parse('query One { b }\nquery Two { x: b y: b }'), [
      operationLimitsRule(limits),
    ]);
    expect(error?.locations).toEqual([{ line: 2, column: 1 }]);
  });

  it.each([
    ['{ _service }', 1],
    ['{ ... { x: _service } }', 1],
    ['{ a { _service } }', 1],
    ['{ ...F } fragment F on Query { _service }', 1],
    ['{ b } fragment F on Other { _service }', 0],
    ['{ b }', 0],
  ])('an operation that asks for the whole schema by _service is refused: %s', (source, count) => {
    const refusal = '_service is off: the schema is published elsewhere.';
    const found = validate(schema, parse(source), [noServiceRule]);
    expect(found.map(({ message }) => message)).toEqual(Array(count).fill(refusal));
    for (const { locations } of found) expect(locations).toHaveLength(1);
  });
});

import fc from 'fast-check';

/** Draws random values in a run of a property: the same seed draws the same values. */
export interface Draw {
  /** True with this probability. */
  chance(share: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  integer(min: number, max: number): number;
  from<Value>(arbitrary: fc.Arbitrary<Value>): Value;
}

// By default fast-check prefers the ends of a range, which here are the rare cases.
const unbiased = (min: number, max: number): fc.Arbitrary<number> => fc.noBias(fc.integer({ min, max }));

/** Values that `make` builds from draws. */
export function drawn<Value>(make: (draw: Draw) => Value): fc.Arbitrary<Value> {
  return fc.gen().map((generate) => {
    const integer = (min: number, max: number): number => generate(unbiased, min, max);
    return make({
      chance: (share) => integer(0, 999) < share * 1_000,
      pick: <Item>(items: readonly Item[]) => {
        if (items.length === 0) throw new Error('nothing to pick from');
        return items[integer(0, items.length - 1)] as Item;
      },
      integer,
      from: (arbitrary) => generate(() => arbitrary),
    });
  });
}

/** Values that may replace another. */
const others: readonly unknown[] = [
  null,
  '',
  'nobody knows this word',
  'LOGIN',
  'cus_1',
  0,
  -1,
  1.5,
  1e300,
  99_999_999_999,
  true,
  [],
  [null],
  {},
  { id: 'x' },
  { constructor: 1 },
];

/** The same value with one change: a place in it is replaced or removed, or something unknown is added. */
export function mutated(value: unknown, draw: Draw): unknown {
  const isContainer = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  if (!isContainer || draw.chance(0.15)) return draw.pick(others);
  const names = Object.keys(value);
  const name = draw.pick(names);
  if (Array.isArray(value)) {
    const index = Number(name);
    if (draw.chance(0.2)) return value.toSpliced(index, 1);
    if (draw.chance(0.2)) return value[index];
    return value.with(index, mutated(value[index], draw));
  }
  const object = value as Record<string, unknown>;
  const way = draw.integer(0, 9);
  if (way <= 2) return { ...object, unknown: draw.pick(others) };
  if (way <= 4) return Object.fromEntries(Object.entries(object).filter(([other]) => other !== name));
  return { ...object, [name]: mutated(object[name], draw) };
}

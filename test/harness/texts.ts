import fc from 'fast-check';

// Characters that end a field, a name or a line for some parser, or that look like others.
const hostilePieces = [
  ...'&=[]%+;#?/\\"\'<>{}(),*!~ ',
  '\r\n',
  '\t',
  '\u0001',
  '\ufeff',
  '\u202e',
  '\u2066',
  '\u200d',
  '\u00a0',
  'e\u0301',
  'ß',
  'İ',
  '😀',
  '%00',
  '%5B',
  '%26',
  '&evaluation_context[0][type]=client_details',
  ']=1&event_type=login',
  '__proto__',
  '\ufffd',
];

// Any but the surrogates. fast-check's own `binary` unit is the same, and takes a second to list all million of them.
const codePoint = fc
  .oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((point) => String.fromCodePoint(point));

/** Any string that has a UTF-8 form, and often one that is up to something. */
export const wellFormedText = fc.oneof(
  fc.string({ unit: codePoint, maxLength: 20 }),
  fc.string({ unit: fc.constantFrom(...hostilePieces), maxLength: 12 }),
);

/** Text that a client may write into any field: not empty, without NUL. */
export const legalText = wellFormedText
  .map((text) => text.replaceAll('\0', ''))
  .filter((text) => text !== '');

import fc from 'fast-check';

// Characters that end a field, a name or a line for some parser, or that look like such characters.
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

// Any character except surrogates. fast-check's own `binary` unit is the same, but takes a second to list a million of
// them.
const codePoint = fc
  .oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((point) => String.fromCodePoint(point));

/** Any string that has a UTF-8 form, often with characters that parsers stumble over. */
export const wellFormedText = fc.oneof(
  fc.string({ unit: codePoint, maxLength: 20 }),
  fc.string({ unit: fc.constantFrom(...hostilePieces), maxLength: 12 }),
);

/** Text that a client may send in any field: not empty, without NUL. */
export const legalText = wellFormedText
  .map((text) => text.replaceAll('\0', ''))
  .filter((text) => text !== '');

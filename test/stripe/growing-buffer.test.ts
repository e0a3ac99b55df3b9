import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GrowingBuffer } from '../../src/stripe/http/growing-buffer.ts';

describe('a growing buffer', () => {
  it('a growing buffer holds the text of its chunks, wherever it was split', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 3_000 }),
        fc.integer({ min: 1, max: 3_000 }),
        (text, size) => {
          const bytes = Buffer.from(text);
          const buffer = new GrowingBuffer();
          for (let at = 0; at < bytes.length; at += size) buffer.append(bytes.subarray(at, at + size));
          expect(buffer.toString()).toBe(text);
        },
      ),
    );
  });

  it('a growing buffer keeps nothing of a piece but its bytes', () => {
    const piece = Buffer.from('one');
    const buffer = new GrowingBuffer();
    buffer.append(piece);
    piece.fill('x');
    buffer.append(piece);
    expect(buffer.toString()).toBe('onexxx');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError, EncodeError } from '../errors/serialization-errors.js';
import { chordPartPrefixes, decodeChordPart, encodeChordPart } from './chord-part.js';

const error = { excType: 'ValueError', excMessage: ['boom', 42], excModule: 'builtins' };

describe('a part of a chord', () => {
  it.each([
    [{ taskId: 'a', status: 'SUCCESS', result: 3 }, '[1, "a", "SUCCESS", 3]'],
    [{ taskId: 'a', status: 'SUCCESS', result: undefined }, '[1, "a", "SUCCESS", null]'],
    [
      { taskId: 'a', status: 'FAILURE', result: error },
      '[1, "a", "FAILURE", {"exc_type":"ValueError","exc_message":["boom",42],"exc_module":"builtins"}]',
    ],
    [{ taskId: 'a', status: 'REVOKED', result: null }, '[1, "a", "REVOKED", null]'],
  ])('%j is written as Celery writes it', (part, text) => {
    expect(encodeChordPart(part)).toBe(text);
    expect(decodeChordPart(text, 'g')).toEqual({ ...part, result: part.result ?? null });
  });

  it('begins with what it is found by, and no part of another task does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (taskId, other) => {
        fc.pre(taskId !== other);
        const text = encodeChordPart({ taskId, status: 'SUCCESS', result: taskId });
        const compact = JSON.stringify([1, taskId, 'SUCCESS', 0]);
        expect(chordPartPrefixes(taskId).some((prefix) => text.startsWith(prefix))).toBe(true);
        expect(chordPartPrefixes(taskId).some((prefix) => compact.startsWith(prefix))).toBe(true);
        expect(chordPartPrefixes(other).some((prefix) => text.startsWith(prefix))).toBe(false);
        expect(decodeChordPart(text, 'g')).toEqual({ taskId, status: 'SUCCESS', result: taskId });
      }),
    );
  });

  it.each(['{}', '[]', '[1, 2, "SUCCESS", 3]', '[1, "a"]', 'pickled'])('%s is none', (text) => {
    expect(() => decodeChordPart(text, 'g')).toThrow(DecodeError);
  });

  it('cannot be what JSON cannot carry', () => {
    expect(() => encodeChordPart({ taskId: 'a', status: 'SUCCESS', result: () => 1 })).toThrow(EncodeError);
  });
});

import { describe, expect, it } from 'vitest';
import { reprOfException } from './chord-error.js';

describe('an exception as Python shows it', () => {
  it.each([
    [[], 'E()'],
    [['boom', 42], "E('boom', 42)"],
    [["it's"], `E("it's")`],
    [[`it's "so"`], String.raw`E('it\'s "so"')`],
    [[String.raw`back\slash's`], String.raw`E("back\\slash's")`],
    [[null, [true, [1, [2, [3]]]]], 'E(None, [True, [1, [2, [3]]]])'],
    [['a\n\tb\u0001ü🎉'], String.raw`E('a\n\tb\x01ü🎉')`],
    [['x'.repeat(2000)], `E('${'x'.repeat(2000)}')`],
  ])('%#', (excMessage, expected) => {
    expect(reprOfException({ excType: 'module.E', excMessage, excModule: 'm' })).toBe(expected);
  });

  it('is None where there is none', () => {
    expect(reprOfException(null)).toBe('None');
  });
});

import { describe, expect, it } from 'vitest';
import { readOptions } from './demo-options.js';

describe('readOptions', () => {
  it('runs without end by default', () => {
    expect(readOptions([])).toEqual({ count: undefined });
  });

  it('reads --count', () => {
    expect(readOptions(['--count', '5'])).toEqual({ count: 5 });
    expect(readOptions(['--count=5'])).toEqual({ count: 5 });
  });

  it.each(['0', '-1', 'five', '1.5'])('refuses --count=%s', (value) => {
    expect(() => readOptions([`--count=${value}`])).toThrow('--count: a whole number from 1 expected');
  });

  it('refuses what it does not know', () => {
    expect(() => readOptions(['--cuont=5'])).toThrow('--cuont');
  });
});

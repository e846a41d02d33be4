import { expect, it } from 'vitest';
import { elapsed, progressTo } from './progress.js';

it('writes steps with the time since the start', () => {
  const lines: string[] = [];
  let now = 5000;
  const progress = progressTo(
    (line) => lines.push(line),
    () => now,
  );
  progress('first');
  now += 754_000;
  progress('second');
  expect(lines).toEqual(['0:00 min  first\n', '12:34 min  second\n']);
});

it.each([
  [0.4, '0:00 min'],
  [59.6, '1:00 min'],
  [3661, '61:01 min'],
])('shows %d s as %s', (seconds, shown) => {
  expect(elapsed(seconds)).toBe(shown);
});

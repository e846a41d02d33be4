import { expect, it } from 'vitest';
import { table } from './table.js';

it('puts columns below one another, the first to the left, the others to the right', () => {
  expect(
    table(
      ['', 'a', 'long title'],
      [
        ['first', '1', '2'],
        ['x', '100'],
      ],
    ),
  ).toBe(
    [
      '|       |   a | long title |',
      '| ----- | --: | ---------: |',
      '| first |   1 |          2 |',
      '| x     | 100 |            |',
    ].join('\n'),
  );
});

import { expect, it } from 'vitest';
import { between, total } from './counts.js';

it('counts what came between two looks, without what did not', () => {
  const counts = between(
    { SendMessage: 2, ReceiveMessage: 1 },
    { SendMessage: 5, ReceiveMessage: 1, DeleteMessage: 4 },
  );
  expect(counts).toEqual({ SendMessage: 3, DeleteMessage: 4 });
  expect(total(counts)).toBe(7);
});

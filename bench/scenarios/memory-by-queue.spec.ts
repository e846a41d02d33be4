import { expect, it } from 'vitest';
import { memoryByQueue } from './memory-by-queue.js';

const one = { contender: 'one', rounds: [{ pssMb: 100 }, { pssMb: 102 }] };

it('divides the difference to one queue of the same round by the further queues', () => {
  const ten = { contender: 'ten', rounds: [{ pssMb: 109 }, { pssMb: 120 }] };
  const hundred = { contender: 'hundred', rounds: [{ pssMb: 199 }, { pssMb: 201 }] };
  expect(memoryByQueue([one, ten, hundred], [1, 10, 100])).toEqual([
    one,
    {
      ...ten,
      rounds: [
        { pssMb: 109, mbPerQueue: 1 },
        { pssMb: 120, mbPerQueue: 2 },
      ],
    },
    {
      ...hundred,
      rounds: [
        { pssMb: 199, mbPerQueue: 1 },
        { pssMb: 201, mbPerQueue: 1 },
      ],
    },
  ]);
});

it('says nothing of a round in which one queue was not measured', () => {
  const rows = [
    { contender: 'one', rounds: [] },
    { contender: 'ten', rounds: [{ pssMb: 109 }] },
  ];
  expect(memoryByQueue(rows, [1, 10])).toEqual(rows);
  expect(memoryByQueue([], [1, 10])).toEqual([]);
});

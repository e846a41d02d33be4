import { describe, expect, it } from 'vitest';
import { BEFORE } from './acknowledgement-before.test-support.js';
import {
  CELLS,
  play,
  shortOf,
  withoutIgnored,
  type Cell,
  type ResultMode,
  type Situation,
} from './acknowledgement-table.test-support.js';
import { EXECUTION } from './acknowledgement-execution.test-support.js';

const SITUATIONS: Readonly<Record<string, Situation>> = { ...BEFORE, ...EXECUTION };
const MODES: readonly ResultMode[] = ['kept', 'ignored', 'errors only'];

function cellsOf({ happens = () => true }: Situation): Cell[] {
  return CELLS.filter(happens);
}

describe.each(Object.entries(SITUATIONS))('%s', (_id, situation) => {
  it.each(cellsOf(situation).map((cell) => [cell.queue, cell.acksLate, cell] as const))(
    'on a queue: %s, with acksLate: %s',
    async (_queue, _acksLate, cell) => {
      for (const mode of situation.modes ?? MODES) {
        const expected = situation.storedRegardless
          ? situation.steps(cell)
          : withoutIgnored(situation.steps(cell), mode);
        const { steps, stored } = await play(situation, cell, mode);
        expect([mode, ...steps]).toEqual([mode, ...expected]);
        const lastStored = expected.findLast((step) => step.startsWith('store '));
        expect(stored && `store ${shortOf(stored)}`).toBe(lastStored);
      }
    },
  );
});

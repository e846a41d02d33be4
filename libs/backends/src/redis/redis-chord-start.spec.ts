import { encodeGroupMeta } from '#celery';
import { describe, expect, it } from 'vitest';
import { startChord } from './redis-chord-start.js';

async function sent(start: Parameters<typeof startChord>[0], expires = 600): Promise<unknown[]> {
  const commands: unknown[] = [];
  await startChord(start, { send: async (command) => void commands.push(command), key: 'group', expires });
  return commands;
}

describe('the start of a chord in Redis', () => {
  it('writes the size, and forgets who claimed the end of an earlier run', async () => {
    expect(await sent({ size: 3 })).toEqual([
      ['DEL', 'group.c'],
      ['SET', 'group.s', '3', 'EX', '600'],
    ]);
    expect(await sent({ size: 3 }, 0)).toContainEqual(['SET', 'group.s', '3']);
  });

  it('saves the header where it has groups, and only there', async () => {
    expect(await sent({ structure: [['g', null], [[['a', null], null]]] })).toEqual([]);
    const nested = { structure: [['g', null], [[['h', null], [[['a', null], null]]]]] } as const;
    expect(await sent(nested)).toEqual([['SET', 'group', encodeGroupMeta(nested.structure), 'EX', '600']]);
  });
});

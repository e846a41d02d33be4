import { describe, expect, it } from 'vitest';
import { chordStoreContract } from '../contract/chord-store-contract.test-support.js';
import { MemoryResultStore } from './index.js';
import { testClock } from './test-clock.test-support.js';

chordStoreContract('memory', async (options) => {
  const clock = testClock();
  const { chords } = new MemoryResultStore({ ...options, clock });
  const start = async (...given: Parameters<typeof chords.start>): Promise<void> => chords.start(...given);
  return { store: { chords, start }, pass: clock.pass, close: async () => {} };
});

describe('chords in memory', () => {
  it('are bounded: what is oldest gives way', async () => {
    const { chords } = new MemoryResultStore({ maxBytes: 10_000 });
    const part = { groupIndex: 0, taskId: 't', status: 'SUCCESS', result: 'x'.repeat(2_000) };
    for (const groupId of ['a', 'b', 'c']) {
      chords.start(groupId, { size: 2 });
      await chords.report({ ...part, groupId });
    }
    expect(await chords.report({ ...part, groupId: 'b', groupIndex: 1 })).toMatchObject({ kind: 'complete' });
    expect(await chords.report({ ...part, groupId: 'a', groupIndex: 1 })).toEqual({ kind: 'pending' });
  });
});

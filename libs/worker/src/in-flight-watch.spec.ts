import type { Clock } from '#celery';
import { describe, expect, it } from 'vitest';
import { InFlightWatch, MAX_PARKED_IN_FLIGHT } from './in-flight-watch.js';

function setUp(answer: (queue: string) => Promise<{ inFlight: number }>) {
  const state = { at: 0, reads: [] as string[], failures: [] as unknown[] };
  const clock: Clock = {
    now: () => 0,
    monotonic: () => state.at,
    setTimeout: () => expect.unreachable('the watch sets no timer'),
  };
  const watch = new InFlightWatch({
    counts: (queue) => {
      state.reads.push(queue);
      return answer(queue);
    },
    clock,
    onReadFailed: (queue, error) => state.failures.push([queue, error]),
  });
  return { state, watch };
}

describe('InFlightWatch', () => {
  it('allows parking below the limit and refuses it from there', async () => {
    const queues = { low: MAX_PARKED_IN_FLIGHT - 1, full: MAX_PARKED_IN_FLIGHT };
    const { watch } = setUp(async (queue) => ({ inFlight: queues[queue as keyof typeof queues] }));
    expect([await watch.mayPark('low'), await watch.mayPark('full')]).toEqual([true, false]);
  });

  it('counts what it has allowed since it read', async () => {
    const { watch, state } = setUp(async () => ({ inFlight: MAX_PARKED_IN_FLIGHT - 3 }));
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => watch.mayPark('q')));
    expect(answers).toEqual([true, true, true, false, false]);
    state.at = 60_000;
    expect(await watch.mayPark('q')).toBe(true);
  });

  it('reads a queue once a minute, however many ask, and no other queue for it', async () => {
    const { watch, state } = setUp(async () => ({ inFlight: 0 }));
    expect(state.reads).toEqual([]);
    await Promise.all([watch.mayPark('a'), watch.mayPark('a'), watch.mayPark('b')]);
    state.at = 59_999;
    await watch.mayPark('a');
    expect(state.reads).toEqual(['a', 'b']);
    state.at = 60_000;
    await watch.mayPark('a');
    expect(state.reads).toEqual(['a', 'b', 'a']);
  });

  it.each([
    ['fails', () => Promise.reject(new Error('AccessDenied'))],
    [
      'throws',
      () => {
        throw new Error('AccessDenied');
      },
    ],
  ])('allows parking when reading %s, says so once, and tries again a minute later', async (_how, answer) => {
    const { watch, state } = setUp(answer);
    expect([await watch.mayPark('q'), await watch.mayPark('q')]).toEqual([true, true]);
    expect(state.failures).toEqual([['q', new Error('AccessDenied')]]);
    state.at = 60_000;
    await watch.mayPark('q');
    expect(state.reads).toHaveLength(2);
  });
});

import { SoftTimeLimitExceeded } from '#celery';
import { VirtualClock } from '#sqs-local';
import { expect, it, vi } from 'vitest';
import type { TaskRequest } from './task-request.js';
import { Bench, body, type RecordedDelivery } from './worker.test-support.js';

/** A delivery that counts how often the signal of its lease is asked for. */
function counted(bench: Bench): { readonly delivery: RecordedDelivery; readonly asked: () => number } {
  const delivery = bench.delivery({ body: body() });
  const signal = vi.fn<() => AbortSignal>(() => delivery.controller.signal);
  Object.defineProperty(delivery.lease, 'signal', { get: signal });
  return { delivery, asked: () => signal.mock.calls.length };
}

it('is not made for a task that does not ask for it', async () => {
  const bench = new Bench().task('do', () => 'done');
  const { delivery, asked } = counted(bench);
  await bench.worker.handle(delivery);
  expect(bench.actions).toEqual(['acknowledge']);
  expect(asked()).toBe(0);
});

it('is the same however often a task asks for it', async () => {
  const bench = new Bench().task('do', (task) => task.signal === task.signal);
  const { delivery, asked } = counted(bench);
  await bench.worker.handle(delivery);
  expect(bench.payload('succeeded').result).toBe(true);
  expect(asked()).toBe(1);
});

it('says so late that the lease was lost before a task asked for it', async () => {
  const reasons: unknown[] = [];
  const bench = new Bench();
  const delivery = bench.delivery({ body: body() });
  bench.task('do', (task) => {
    delivery.controller.abort('gone');
    reasons.push(task.signal.aborted, task.signal.reason);
  });
  await bench.worker.handle(delivery);
  expect(reasons).toEqual([true, 'gone']);
});

it('says so late that the soft time limit had passed before a task asked for it', async () => {
  const clock = new VirtualClock();
  const bench = new Bench({ clock });
  bench.task(
    'do',
    async (task: TaskRequest) => {
      await clock.advance(2000);
      return task.signal.reason instanceof SoftTimeLimitExceeded;
    },
    { softTimeLimit: 1 },
  );
  await bench.handle({ body: body() });
  expect(bench.payload('succeeded').result).toBe(true);
});

import { afterEach, describe, expect, it, vi } from 'vitest';
import { MarkingQueue } from './support/marking-queue.js';
import type { WorkerProcess } from './support/worker-process.js';

const LEASE_SECONDS = 5;

let queue: MarkingQueue | undefined;

afterEach(async () => {
  await queue?.close();
  queue = undefined;
});

function randomDelays(count: number, longestMs: number): number[] {
  return Array.from({ length: count }, () => Math.floor(Math.random() * longestMs));
}

/** Resolves when at least this many tasks have run. */
async function marked(least: number): Promise<void> {
  await vi.waitUntil(async () => ((await queue?.marks())?.length ?? 0) >= least, { timeout: 60_000, interval: 5 });
}

function takeOne(workers: WorkerProcess[]): WorkerProcess {
  const [worker] = workers.splice(Math.floor(Math.random() * workers.length), 1);
  if (!worker) throw new Error('no worker is left');
  return worker;
}

/** The messages of the queue, by the number of their task. */
function messages(): { id: number; state: string; receiveCount: number }[] {
  return (queue?.sqs.queue('celery').messages ?? []).map(({ body, state, receiveCount }) => ({
    id: Number(/"task-(\d+)"/.exec(Buffer.from(body, 'base64').toString())?.[1]),
    state,
    receiveCount,
  }));
}

/** The numbers of the tasks whose messages are in flight. */
function inFlight(): number[] {
  return messages()
    .filter(({ state }) => state === 'inFlight')
    .map(({ id }) => id);
}

/** What a worker that was killed had received and not finished, with the receive count of its messages. */
async function heldBy(victim: WorkerProcess): Promise<Map<number, number>> {
  const finished = new Set((await queue?.marks())?.filter(({ pid }) => pid === victim.pid).map(({ number }) => number));
  const received = queue?.received(victim) ?? new Set();
  const unfinished = messages().filter(
    ({ id, state }) => state === 'inFlight' && received.has(id) && !finished.has(id),
  );
  return new Map(unfinished.map(({ id, receiveCount }) => [id, receiveCount]));
}

describe('worker processes', () => {
  it('that are killed lose nothing: what they held is back within one lease', { timeout: 120_000 }, async () => {
    queue = await MarkingQueue.open({ LEASE: String(LEASE_SECONDS), CONCURRENCY: '10' });
    const { sqs } = queue;
    await queue.send(randomDelays(300, 1_000));

    const workers = await Promise.all([queue.startWorker(), queue.startWorker()]);
    const recoveries: Promise<unknown>[] = [];
    for (const least of [30, 90, 150].map((number) => number + Math.floor(Math.random() * 30))) {
      await marked(least);
      const victim = takeOne(workers);
      await vi.waitUntil(async () => (await heldBy(victim)).size >= 5, { timeout: 20_000, interval: 5 });
      await queue.endWorker(victim, 'SIGKILL');
      const held = await heldBy(victim);
      expect(held.size).toBeGreaterThan(0);
      // Back: visible again, or received by another worker since.
      const isBack = (): boolean =>
        messages().every(({ id, state, receiveCount }) => state !== 'inFlight' || held.get(id) !== receiveCount);
      recoveries.push(vi.waitUntil(isBack, { timeout: (LEASE_SECONDS + 2) * 1_000, interval: 20 }));
      workers.push(await queue.startWorker());
    }
    await Promise.all(recoveries);
    await vi.waitUntil(() => sqs.queue('celery').messages.length === 0, { timeout: 60_000, interval: 20 });
    expect(new Set((await queue.marks()).map(({ number }) => number)).size).toBe(300);
  });

  it('that are asked to end run what they hold and leave nothing in flight', { timeout: 120_000 }, async () => {
    const delays = randomDelays(1000, 2000);
    queue = await MarkingQueue.open({ CONCURRENCY: '50' });
    const { sqs } = queue;
    await queue.send(delays);

    const workers = await Promise.all([queue.startWorker(), queue.startWorker(), queue.startWorker()]);
    for (const least of [200, 450, 700]) {
      await marked(least);
      await queue.endWorker(takeOne(workers), 'SIGTERM');
      // Whoever is alive says what it received; anything else in flight was left behind.
      await vi.waitUntil(() => inFlight().every((number) => workers.some((one) => queue?.received(one).has(number))), {
        timeout: 1_000,
      });
    }
    expect(sqs.queue('celery').inFlight).toBe(0);

    await queue.startWorker();
    await vi.waitUntil(() => sqs.queue('celery').messages.length === 0, { timeout: 60_000, interval: 20 });
    const numbers = (await queue.marks()).map(({ number }) => number);
    expect(numbers.length).toBe(1000);
    expect(new Set(numbers).size).toBe(1000);
  });

  it('whose event loop is blocked for four leases keep what they hold of two queues', { timeout: 90_000 }, async () => {
    const leaseSeconds = 3;
    queue = await MarkingQueue.open({ LEASE: String(leaseSeconds), CONCURRENCY: '10' }, ['celery', 'mails']);
    const left = (): number[] => ['celery', 'mails'].map((name) => queue?.sqs.queue(name).messages.length ?? 0);
    await queue.send(Array.from({ length: 9 }, () => 10_000));
    expect(left()).toEqual([5, 4]);
    const worker = await queue.startWorker();
    await vi.waitUntil(() => queue?.received(worker).size === 9, { timeout: 20_000, interval: 5 });
    // Nine tasks wait; the tenth blocks their loop, while a second worker would take whatever is not leased.
    await queue.send([4 * leaseSeconds * 1_000], 'block', 9);
    await vi.waitUntil(() => worker.output.includes('block[task-9] received'), { timeout: 20_000, interval: 5 });
    await queue.startWorker();
    await vi.waitUntil(() => left().every((count) => count === 0), { timeout: 60_000, interval: 20 });
    const marks = await queue.marks();
    expect(marks.map(({ number }) => number).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(new Set(marks.map(({ pid }) => pid)).size).toBe(1);
  });
});

import { describe, expect, it } from 'vitest';
import { Deadlines } from './clock/deadlines.js';
import { VirtualClock } from './clock/virtual-clock.js';
import { Queue } from './queue/queue.js';
import { defaultSettings } from './queue/settings.js';

const MEASURED = 2000;

interface Work {
  /** Comparisons of the heap for each message received and deleted. */
  readonly comparisons: number;
  /** Milliseconds for all measured messages. */
  readonly ms: number;
}

/** Receives and deletes messages of a queue that holds `backlog` more. */
function work(name: string, backlog: number): Work {
  const deadlines = new Deadlines(new VirtualClock());
  const queue = new Queue(name, `arn:${name}`, defaultSettings(name.endsWith('.fifo')), {
    deadlines,
    now: () => 0,
    wake: () => {},
  });
  for (let n = 0; n < backlog + MEASURED; n++) {
    queue.put({ body: 'x', attributes: new Map(), groupId: `${n % 100}`, deduplicationId: `${n}` }, 0);
  }
  const [before, since] = [deadlines.comparisons, performance.now()];
  for (let done = 0; done < MEASURED; done += 10) {
    const received = queue.peek(10).map((message) => queue.receive(message, 30));
    for (const { receiptHandle } of received) {
      const found = queue.find(receiptHandle);
      if (found !== undefined && found !== 'foreign') queue.messages.remove(found.message);
    }
  }
  const ms = performance.now() - since;
  expect(queue.messages.size).toBe(backlog);
  deadlines.close();
  return { comparisons: (deadlines.comparisons - before) / MEASURED, ms };
}

describe.each(['celery', 'celery.fifo'])('100 000 messages in %s', (name) => {
  it('cost hardly more to receive and delete than a thousand', () => {
    work(name, 1000); // warms up
    const small = work(name, 1000);
    const large = work(name, 100_000);
    // The logarithm of the size: a list searched through would make both a hundred times as much.
    expect(large.comparisons).toBeLessThan(4 * small.comparisons + 10);
    expect(large.ms).toBeLessThan(20 * small.ms + 50);
  });
});

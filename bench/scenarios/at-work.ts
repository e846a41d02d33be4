import type { Contender, Layout } from '../contenders/contender.js';
import type { Producer } from '../processes/producer.js';
import { Worker } from '../processes/worker.js';

/** Both ends of the queues of a layout, each in processes of its own. */
export interface AtWork {
  readonly producer: Producer;
  readonly worker: Worker;
}

/** Starts a contender's producer and worker, measures them, and stops both. */
export async function atWork<Value>(
  contender: Contender,
  layout: Layout,
  measure: (both: AtWork) => Promise<Value>,
): Promise<Value> {
  const both = await startBoth(contender, layout);
  try {
    return await measure(both);
  } finally {
    await stopBoth(both);
  }
}

/** At the same time, as most of a run is starting and stopping. Where one fails, the other is stopped. */
async function startBoth(contender: Contender, layout: Layout): Promise<AtWork> {
  const starting = [contender.producer(layout), Worker.start(contender.worker(layout))] as const;
  try {
    const [producer, worker] = await Promise.all(starting);
    return { producer, worker };
  } catch (error) {
    for (const one of await Promise.allSettled(starting)) if (one.status === 'fulfilled') await one.value.stop();
    throw error;
  }
}

/** Both, even where the first has something to complain about. */
async function stopBoth({ producer, worker }: AtWork): Promise<void> {
  const stopped = await Promise.allSettled([worker.stop(), producer.stop()]);
  for (const one of stopped) if (one.status === 'rejected') throw one.reason;
}

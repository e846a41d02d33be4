import type { Contender, Layout } from '../contenders/contender.js';
import { between, total } from '../endpoint/counts.js';
import type { Order, Producer } from '../processes/producer.js';
import { Worker } from '../processes/worker.js';
import type { Figures, Metric } from '../report/figures.js';
import { warmUpOf } from './scale.js';
import type { Site } from './site.js';

/** What is measured of every backlog. */
export const backlogMetrics: readonly Metric[] = [
  { key: 'tasksPerSecond', title: 'throughput', unit: 'tasks/s', digits: 0 },
  { key: 'workerCpuMs', title: 'worker CPU', unit: 'ms/task', digits: 3 },
  { key: 'workerRequests', title: 'requests of the worker', unit: '/task', digits: 3 },
  { key: 'producerRequests', title: 'of the producer', unit: '/task', digits: 3 },
  { key: 'requests', title: 'together', unit: '/task', digits: 3 },
  { key: 'pssMb', title: 'memory', unit: 'MB PSS', digits: 0 },
];

/**
 * Lets a contender work a backlog off. Its workers are started and warmed up, and stand still (SIGSTOP) while the backlog is made,
 * so that it is there as a whole when they go on. It has ended when the endpoint has no message left, deletes included.
 */
export async function workOff(contender: Contender, order: Order, layout: Layout, site: Site): Promise<Figures> {
  const producer = await contender.producer(layout);
  try {
    const worker = await Worker.start(contender.worker(layout));
    try {
      await producer.send({ ...order, tasks: warmUpOf(order.tasks) });
      await worker.during(site.endpoint.drained(layout.queue));
      return await measure({ worker, producer, order, layout, site });
    } finally {
      await worker.stop();
    }
  } finally {
    await producer.stop();
  }
}

interface Measurement {
  readonly worker: Worker;
  readonly producer: Producer;
  readonly order: Order;
  readonly layout: Layout;
  readonly site: Site;
}

async function measure({ worker, producer, order, layout, site: { endpoint } }: Measurement): Promise<Figures> {
  await worker.pause();
  const empty = await endpoint.counts();
  await producer.send(order);
  const [usage, made] = [await worker.usage(), await endpoint.counts()];
  const startedAt = performance.now();
  await worker.resume();
  await worker.during(endpoint.drained(layout.queue));
  const seconds = (performance.now() - startedAt) / 1000;
  const [after, done] = [await worker.usage(), await endpoint.counts()];
  const sent = total(between(empty, made));
  const received = total(between(made, done));
  return {
    tasksPerSecond: order.tasks / seconds,
    workerCpuMs: (after.cpuMs - usage.cpuMs) / order.tasks,
    workerRequests: received / order.tasks,
    producerRequests: sent / order.tasks,
    requests: (sent + received) / order.tasks,
    pssMb: after.pssMb,
  };
}

import type { Layout } from '../contenders/contender.js';
import { between, total } from '../endpoint/counts.js';
import type { Order } from '../processes/producer.js';
import type { Figures, Metric } from '../report/figures.js';
import type { AtWork } from './at-work.js';
import { warmUpOf } from './run-size.js';
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
 * Lets a worker work a backlog off. It is warmed up, and stands still (SIGSTOP) while the backlog is made, so that it is there as a
 * whole when it goes on. The backlog has ended when the endpoint has no message left, deletes included.
 */
export async function workOff(both: AtWork, order: Order, layout: Layout, site: Site): Promise<Figures> {
  await both.producer.send({ ...order, tasks: warmUpOf(order.tasks) });
  await both.worker.during(site.drained(layout));
  return measure(both, order, layout, site);
}

async function measure({ worker, producer }: AtWork, order: Order, layout: Layout, site: Site): Promise<Figures> {
  const { endpoint } = site;
  await worker.pause();
  const empty = await endpoint.counts();
  await producer.send(order);
  const [usage, made] = [await worker.usage(), await endpoint.counts()];
  const startedAt = performance.now();
  await worker.resume();
  await worker.during(site.drained(layout));
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

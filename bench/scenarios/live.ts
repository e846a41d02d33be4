import type { Contender, Layout } from '../contenders/contender.js';
import { between, total } from '../endpoint/counts.js';
import type { Producer } from '../processes/producer.js';
import { Worker } from '../processes/worker.js';
import type { Figures } from '../report/figures.js';
import { warmUpOf } from './scale.js';
import { everyone, type Scenario } from './scenario.js';
import type { Site } from './site.js';

const task = 'bench.noop';

/** Sends while the worker runs, until all is done. */
async function sendAndWork(
  tasks: number,
  { queue }: Layout,
  { endpoint }: Site,
  { producer, worker }: { readonly producer: Producer; readonly worker: Worker },
): Promise<Figures> {
  const [usage, counts] = [await worker.usage(), await endpoint.counts()];
  const startedAt = performance.now();
  const cost = await producer.send({ task, tasks });
  await worker.during(endpoint.drained(queue));
  const seconds = (performance.now() - startedAt) / 1000;
  const [after, done] = [await worker.usage(), await endpoint.counts()];
  return {
    tasksPerSecond: tasks / seconds,
    workerCpuMs: (after.cpuMs - usage.cpuMs) / tasks,
    producerCpuMs: cost.cpuMs / tasks,
    requests: total(between(counts, done)) / tasks,
  };
}

export const live: Scenario = {
  name: 'live',
  title: 'Producer and worker at once, no-op tasks, concurrency 10',
  note: 'Consumers of plain messages are sent to by our producer.',
  metrics: [
    { key: 'tasksPerSecond', title: 'throughput', unit: 'tasks/s', digits: 0 },
    { key: 'workerCpuMs', title: 'worker CPU', unit: 'ms/task', digits: 3 },
    { key: 'producerCpuMs', title: 'producer CPU', unit: 'ms/task', digits: 3 },
    { key: 'requests', title: 'requests of both', unit: '/task', digits: 3 },
  ],
  contenders: everyone,
  async measure(contender: Contender, site: Site) {
    const layout = await site.layout();
    const producer = await contender.producer(layout);
    try {
      const worker = await Worker.start(contender.worker(layout));
      try {
        const tasks = site.tasksFor(contender);
        await sendAndWork(warmUpOf(tasks), layout, site, { producer, worker });
        return await sendAndWork(tasks, layout, site, { producer, worker });
      } finally {
        await worker.stop();
      }
    } finally {
      await producer.stop();
    }
  },
};

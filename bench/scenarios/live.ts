import type { Contender, Layout } from '../contenders/contender.js';
import { between, total } from '../endpoint/counts.js';
import type { Figures } from '../report/figures.js';
import { atWork, type AtWork } from './at-work.js';
import { warmUpOf } from './run-size.js';
import { everyone, type Scenario } from './scenario.js';
import type { Site } from './site.js';

const task = 'bench.noop';

/** Sends while the worker runs, until all is done. */
async function sendAndWork(tasks: number, layout: Layout, site: Site, { producer, worker }: AtWork): Promise<Figures> {
  const { endpoint } = site;
  const [usage, counts] = [await worker.usage(), await endpoint.counts()];
  const startedAt = performance.now();
  const cost = await producer.send({ task, tasks });
  await worker.during(site.drained(layout));
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
    const tasks = site.tasksFor(contender);
    return atWork(contender, layout, async (both) => {
      await sendAndWork(warmUpOf(tasks), layout, site, both);
      return sendAndWork(tasks, layout, site, both);
    });
  },
};

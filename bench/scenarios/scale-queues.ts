import { byQueues, QUEUES } from '../contenders/by-queues.js';
import { atWork } from './at-work.js';
import { memoryByQueue } from './memory-by-queue.js';
import type { Scenario } from './scenario.js';
import { workOff } from './work-off.js';

export const scaleQueues: Scenario = {
  name: 'scale-queues',
  title: 'Queues of one process, concurrency 10 each',
  note: 'A backlog of no-op tasks that is dealt to the queues in turn: each queue ends with a receive and a delete that carry less than ten. Memory is taken after a garbage collection; that of a further queue is the difference to one queue.',
  metrics: [
    { key: 'tasksPerSecond', title: 'throughput', unit: 'tasks/s', digits: 0 },
    { key: 'workerCpuMs', title: 'worker CPU', unit: 'ms/task', digits: 3 },
    { key: 'workerRequests', title: 'requests of the worker', unit: '/task', digits: 3 },
    { key: 'pssMb', title: 'memory', unit: 'MB PSS', digits: 0 },
    { key: 'mbPerQueue', title: 'of each further queue', unit: 'MB', digits: 2 },
  ],
  contenders: byQueues,
  async measure(contender, site) {
    const layout = await site.layout({}, { queues: contender.queues });
    const order = { task: 'bench.noop', tasks: site.tasksFor(contender) };
    return atWork(contender, layout, async (both) => {
      const figures = await workOff(both, order, layout, site);
      await both.worker.collect();
      return { ...figures, pssMb: (await both.worker.usage()).pssMb };
    });
  },
  derived: (rows) => memoryByQueue(rows, QUEUES),
};

import type { Contender } from '../contenders/contender.js';
import { ours } from '../contenders/ours.js';
import type { Figures } from '../report/figures.js';
import { atWork } from './at-work.js';
import type { Scenario } from './scenario.js';
import type { Site } from './site.js';
import { workOff } from './work-off.js';

const PROCESSES: readonly number[] = [1, 2, 4];
/** Shares of the usual number of tasks: those that take time keep one process busy for long. */
const SHARES = { timed: 0.05, noop: 0.5 };
const TASK_MS = 100;

/** The figures of a backlog under names that begin with its own; memory is that of all processes. */
function named(prefix: string, { tasksPerSecond, workerCpuMs, workerRequests }: Figures): Figures {
  return {
    ...(tasksPerSecond !== undefined && { [`${prefix}PerSecond`]: tasksPerSecond }),
    ...(workerCpuMs !== undefined && { [`${prefix}CpuMs`]: workerCpuMs }),
    ...(workerRequests !== undefined && { [`${prefix}Requests`]: workerRequests }),
  };
}

interface Backlog {
  readonly task: string;
  readonly taskMs: number;
  readonly share: number;
}

async function backlog(contender: Contender, site: Site, { task, taskMs, share }: Backlog): Promise<Figures> {
  const layout = await site.layout({ taskMs });
  const tasks = site.tasksFor(contender, share);
  return atWork(contender, layout, (both) => workOff(both, { task, tasks }, layout, site));
}

export const scaleProcesses: Scenario = {
  name: 'scale-processes',
  title: 'Processes of a worker on one queue, concurrency 10 each',
  note: 'Tasks of 100 ms ± 50 % leave CPU time to spare: more processes run as many times more. No-op tasks take all of it: together with the endpoint, processes beyond the number of CPUs share these.',
  metrics: [
    { key: 'timedPerSecond', title: '100 ms tasks', unit: 'tasks/s', digits: 0 },
    { key: 'timedCpuMs', title: 'CPU', unit: 'ms/task', digits: 3 },
    { key: 'timedRequests', title: 'requests of the worker', unit: '/task', digits: 3 },
    { key: 'noopPerSecond', title: 'no-op tasks', unit: 'tasks/s', digits: 0 },
    { key: 'noopCpuMs', title: 'CPU', unit: 'ms/task', digits: 3 },
    { key: 'noopRequests', title: 'requests of the worker', unit: '/task', digits: 3 },
    { key: 'pssMb', title: 'memory together', unit: 'MB PSS', digits: 0 },
  ],
  contenders: ({ contenders }) => (contenders.some(({ kind }) => kind === 'ours') ? PROCESSES.map((n) => ours(n)) : []),
  async measure(contender, site) {
    const timed = await backlog(contender, site, { task: 'bench.timed', taskMs: TASK_MS, share: SHARES.timed });
    const noop = await backlog(contender, site, { task: 'bench.noop', taskMs: 0, share: SHARES.noop });
    return {
      ...named('timed', timed),
      ...named('noop', noop),
      ...(noop['pssMb'] !== undefined && { pssMb: noop['pssMb'] }),
    };
  },
};

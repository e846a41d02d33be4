import type { Contender, Layout } from '../contenders/contender.js';
import type { Roster } from '../contenders/roster.js';
import type { Order } from '../processes/producer.js';
import { atWork } from './at-work.js';
import { everyone, single, type Scenario } from './scenario.js';
import type { Site } from './site.js';
import { backlogMetrics, workOff } from './work-off.js';

/** What the backlogs differ in. */
interface BacklogOptions extends Pick<Scenario, 'name' | 'title' | 'note' | 'contenders' | 'once'> {
  readonly layout?: Partial<Layout>;
  readonly order?: Partial<Order>;
  /** Share of the usual number of tasks. */
  readonly share?: number;
  readonly results?: boolean;
  readonly fifo?: boolean;
}

const plain =
  'Bare SDK loop, sqs-consumer and @ssut/nestjs-sqs take messages and delete them: they decode no task and run none.';

/** Worked off by those that run tasks at the speed of a scenario: a solo worker would only sleep. */
function concurrent(roster: Roster): readonly Contender[] {
  return single(roster).filter(({ name }) => !name.includes('solo'));
}

/** All of a concurrency that only clients of many polls, or threads, have. */
function wide(roster: Roster): readonly Contender[] {
  return concurrent(roster).filter(({ name }) => !name.includes('prefork'));
}

function ofOurs(roster: Roster): readonly Contender[] {
  return single(roster).filter(({ kind }) => kind === 'ours' || kind === 'previous');
}

export const backlogs: readonly Scenario[] = [
  backlog({
    name: 'backlog',
    title: 'Backlog of no-op tasks, concurrency 10',
    note: plain,
    contenders: everyone,
  }),
  backlog({
    name: 'backlog-results',
    title: 'Backlog of no-op tasks with results in Redis, concurrency 10',
    contenders: everyone,
    results: true,
  }),
  backlog({
    name: 'backlog-100',
    title: 'Backlog of no-op tasks, concurrency 100',
    contenders: (roster) => wide(roster).filter(({ kind }) => kind !== 'celery'),
    layout: { concurrency: 100 },
  }),
  backlog({
    name: 'timed-10',
    once: true,
    title: 'Backlog of tasks of 10 ms ± 50 %, concurrency 10',
    contenders: concurrent,
    layout: { taskMs: 10 },
    order: { task: 'bench.timed' },
  }),
  backlog({
    name: 'timed-10-prefetch',
    once: true,
    title: 'Backlog of tasks of 10 ms ± 50 %, concurrency 10 with prefetch 10',
    contenders: ofOurs,
    layout: { taskMs: 10, prefetch: 10 },
    order: { task: 'bench.timed' },
  }),
  backlog({
    name: 'timed-100',
    title: 'Backlog of tasks of 10 ms ± 50 %, concurrency 100',
    contenders: wide,
    layout: { taskMs: 10, concurrency: 100 },
    order: { task: 'bench.timed' },
  }),
  backlog({
    name: 'payload-64k',
    once: true,
    title: 'Backlog of no-op tasks with an argument of 64 KB, concurrency 10',
    contenders: single,
    order: { task: 'bench.payload', bytes: 65_536 },
    share: 0.05,
  }),
  backlog({
    name: 'fifo',
    once: true,
    title: 'Backlog of no-op tasks on a FIFO queue, 100 message groups, concurrency 10',
    contenders: single,
    order: { groups: 100 },
    share: 0.25,
    fifo: true,
  }),
];

function backlog({ layout, order, share, results = false, fifo = false, ...said }: BacklogOptions): Scenario {
  return {
    ...said,
    metrics: backlogMetrics,
    needsRedis: results,
    contenders: (roster) => said.contenders(roster).filter((one) => !results || one.results),
    async measure(contender: Contender, site: Site) {
      const told = await site.layout({ ...layout, ...(results && { redis: site.redis }) }, { fifo });
      const tasks = site.tasksFor(contender, share);
      return atWork(contender, told, (both) => workOff(both, { task: 'bench.noop', ...order, tasks }, told, site));
    },
  };
}

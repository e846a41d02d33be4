import type { Contender, Layout } from '../contenders/contender.js';
import type { Figures } from '../report/figures.js';
import { atWork, type AtWork } from './at-work.js';
import { single, type Scenario } from './scenario.js';
import type { Site } from './site.js';

/** Tasks after which everything is there that stays. */
const FIRST = 10_000;
/** Tasks that wait at a time. */
const PORTION = 10_000;

interface Watched extends AtWork {
  readonly contender: Contender;
  readonly layout: Layout;
  readonly site: Site;
}

async function run(tasks: number, { producer, worker, layout, site }: Watched): Promise<void> {
  for (let left = tasks; left > 0; left -= PORTION) {
    await producer.send({ task: 'bench.noop', tasks: Math.min(left, PORTION) });
    await worker.during(site.drained(layout));
  }
}

/** What remains after a garbage collection, where one can be asked for. */
async function remaining({ contender, worker }: Watched): Promise<number> {
  if (contender.kind !== 'celery') await worker.collect();
  return (await worker.usage()).pssMb;
}

async function watch(watched: Watched): Promise<Figures> {
  const tasks = watched.contender.kind === 'celery' ? watched.site.size.celeryTasks : watched.site.size.memoryTasks;
  const first = Math.min(FIRST, Math.ceil(tasks / 2));
  await run(first, watched);
  const { pssMb } = await watched.worker.usage();
  const atFirst = await remaining(watched);
  await run(tasks - first, watched);
  const { pssMb: pssEndMb } = await watched.worker.usage();
  return { pssMb, pssEndMb, growthMb: (await remaining(watched)) - atFirst, tasks };
}

export const memory: Scenario = {
  name: 'memory',
  title: 'Memory of all processes of the worker, with results in Redis',
  note: 'PSS after 10 000 tasks, or half of them where they are fewer, and at the end; growth between garbage collections at these moments.',
  metrics: [
    { key: 'pssMb', title: 'at first', unit: 'MB PSS', digits: 0 },
    { key: 'pssEndMb', title: 'at the end', unit: 'MB PSS', digits: 0 },
    { key: 'growthMb', title: 'growth', unit: 'MB', digits: 1 },
    { key: 'tasks', title: 'over', unit: 'tasks', digits: 0 },
  ],
  needsRedis: true,
  once: true,
  contenders: (roster) => single(roster).filter(({ results }) => results),
  async measure(contender, site) {
    const layout = await site.layout({ redis: site.redis });
    return atWork(contender, layout, (both) => watch({ contender, layout, site, ...both }));
  },
};

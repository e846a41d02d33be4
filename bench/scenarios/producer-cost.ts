import type { Contender } from '../contenders/contender.js';
import type { Roster } from '../contenders/roster.js';
import { between, total } from '../endpoint/counts.js';
import type { Producer } from '../processes/producer.js';
import type { Figures } from '../report/figures.js';
import { warmUpOf } from './run-size.js';
import { single, type Scenario } from './scenario.js';
import type { Site } from './site.js';

const task = 'bench.noop';
/** Sends, one after the other, are so much slower that fewer are counted. */
const LONE_SHARE = 0.1;

/** One producer for each version: pools are the worker's. */
function withProducer(roster: Roster): readonly Contender[] {
  return single(roster).filter(({ kind, name }) => kind !== 'peer' && !/prefork|threads/.test(name));
}

interface Calls {
  readonly tasks: number;
  readonly callers: number;
}

async function cost(producer: Producer, { tasks, callers }: Calls, { endpoint }: Site): Promise<Figures> {
  await producer.send({ task, tasks: warmUpOf(tasks), callers });
  const before = await endpoint.counts();
  const { cpuMs, seconds } = await producer.send({ task, tasks, callers });
  const requests = total(between(before, await endpoint.counts()));
  return { cpuMs: cpuMs / tasks, requests: requests / tasks, perSecond: tasks / seconds };
}

export const producerCost: Scenario = {
  name: 'producer',
  title: 'Sending: a burst of 1 000 callers, 10 callers, one caller that waits for each send',
  note: 'Celery has one caller in a thread, which waits for each send.',
  metrics: [
    { key: 'burstCpuMs', title: 'CPU, burst', unit: 'ms/task', digits: 3 },
    { key: 'burstRequests', title: 'requests', unit: '/task', digits: 3 },
    { key: 'tenCpuMs', title: 'CPU, 10 callers', unit: 'ms/task', digits: 3 },
    { key: 'tenRequests', title: 'requests', unit: '/task', digits: 3 },
    { key: 'loneCpuMs', title: 'CPU, one caller', unit: 'ms/task', digits: 3 },
    { key: 'loneRequests', title: 'requests', unit: '/task', digits: 3 },
    { key: 'lonePerSecond', title: 'one caller', unit: 'sends/s', digits: 0 },
  ],
  contenders: withProducer,
  async measure(contender, site) {
    const producer = await contender.producer(await site.layout());
    try {
      const tasks = site.tasksFor(contender);
      const lone = await cost(producer, { tasks: Math.ceil(tasks * LONE_SHARE), callers: 1 }, site);
      return { ...named('lone', lone), ...(contender.kind !== 'celery' && (await together(producer, tasks, site))) };
    } finally {
      await producer.stop();
    }
  },
};

async function together(producer: Producer, tasks: number, site: Site): Promise<Figures> {
  const burst = await cost(producer, { tasks, callers: Math.min(1000, tasks) }, site);
  const ten = await cost(producer, { tasks, callers: 10 }, site);
  return { ...named('burst', burst), ...named('ten', ten) };
}

function named(prefix: string, { cpuMs, requests, perSecond }: Figures): Figures {
  return {
    ...(cpuMs !== undefined && { [`${prefix}CpuMs`]: cpuMs }),
    ...(requests !== undefined && { [`${prefix}Requests`]: requests }),
    ...(perSecond !== undefined && { [`${prefix}PerSecond`]: perSecond }),
  };
}

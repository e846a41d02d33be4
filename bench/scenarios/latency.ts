import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../measure/statistics.js';
import { atWork, type AtWork } from './at-work.js';
import { warmUpOf } from './run-size.js';
import { single, type Scenario } from './scenario.js';

/** Between two sends, so that each finds a worker that waits for it. */
const PAUSE_MS = 20;

/** Milliseconds from `send` to the handler of each of so many tasks, one at a time. */
async function latencies(tasks: number, { producer, worker }: AtWork): Promise<number[]> {
  const all: number[] = [];
  for (let sent = 0; sent < tasks; sent++) {
    const [line] = await Promise.all([
      worker.line(/^latency /),
      producer.send({ task: 'bench.latency', tasks: 1, callers: 1 }),
    ]);
    all.push(Number(line.split(' ')[1]));
    await sleep(PAUSE_MS);
  }
  return all;
}

export const latency: Scenario = {
  name: 'latency',
  title: 'Low load: from send to handler, one task at a time',
  metrics: [
    { key: 'p50Ms', title: 'p50', unit: 'ms', digits: 2 },
    { key: 'p99Ms', title: 'p99', unit: 'ms', digits: 2 },
  ],
  contenders: single,
  async measure(contender, site) {
    const layout = await site.layout();
    return atWork(contender, layout, async (both) => {
      await both.producer.send({ task: 'bench.noop', tasks: warmUpOf(site.tasksFor(contender)) });
      await both.worker.during(site.drained(layout));
      await latencies(warmUpOf(site.size.latencyTasks), both);
      const all = await latencies(site.size.latencyTasks, both);
      return { p50Ms: quantile(all, 0.5), p99Ms: quantile(all, 0.99) };
    });
  },
};

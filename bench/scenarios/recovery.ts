import { Worker } from '../processes/worker.js';
import { single, type Scenario } from './scenario.js';

const HOLDING = /^holding$/;

/** Longer than a lease. */
const PATIENCE_MS = 120_000;

export const recovery: Scenario = {
  name: 'recovery',
  title: 'Recovery: from kill -9 of a worker to the second start of the task it held, lease 30 s',
  note: "Celery's message comes back after the queue's visibility timeout, by default 1 800 s, which is not waited for.",
  metrics: [{ key: 'seconds', title: 'to the second start', unit: 's', digits: 2 }],
  once: true,
  together: true,
  contenders: (roster) => single(roster).filter(({ kind }) => kind === 'ours' || kind === 'previous'),
  async measure(contender, site) {
    const layout = await site.layout();
    const producer = await contender.producer(layout);
    const first = await Worker.start(contender.worker(layout));
    try {
      const held = first.line(HOLDING);
      await producer.send({ task: 'bench.hold', tasks: 1 });
      await held;
      const second = await Worker.start(contender.worker(layout));
      try {
        const again = second.line(HOLDING, PATIENCE_MS);
        const killedAt = performance.now();
        await first.kill();
        await again;
        return { seconds: (performance.now() - killedAt) / 1000 };
      } finally {
        await second.kill();
      }
    } finally {
      await first.kill();
      await producer.stop();
    }
  },
};

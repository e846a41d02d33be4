import { EventEmitter, once } from 'node:events';
import { Worker } from '../processes/worker.js';
import { single, type Scenario } from './scenario.js';

const PATIENCE_MS = 60_000;

export const startUp: Scenario = {
  name: 'start-up',
  title: 'Start-up: from the start of the process to its first task',
  metrics: [{ key: 'seconds', title: 'to the first task', unit: 's', digits: 2 }],
  contenders: single,
  async measure(contender, site) {
    const layout = await site.layout();
    const producer = await contender.producer(layout);
    await producer.send({ task: 'bench.latency', tasks: 1, callers: 1 });
    await producer.stop();
    const lines = new EventEmitter();
    const first = once(lines, 'latency', { signal: AbortSignal.timeout(PATIENCE_MS) }).then(() => performance.now());
    const startedAt = performance.now();
    const worker = await Worker.start(contender.worker(layout), (line) => {
      if (line.startsWith('latency ')) lines.emit('latency');
    });
    try {
      return { seconds: ((await first) - startedAt) / 1000 };
    } finally {
      await worker.stop();
    }
  },
};

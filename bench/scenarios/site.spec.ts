import { expect, it } from 'vitest';
import type { Endpoint } from '../endpoint/endpoint.js';
import { quickSize } from './run-size.js';
import { Site } from './site.js';

it('gives each layout queues of its own, and waits for all of them', async () => {
  const waited: string[] = [];
  const endpoint: Endpoint = {
    url: 'http://127.0.0.1',
    createQueue: (name) => Promise.resolve(`http://127.0.0.1/0/${name}`),
    counts: () => Promise.resolve({}),
    drained: (names) => Promise.resolve(void waited.push(...names)),
    stop: () => Promise.resolve(),
  };
  const site = new Site(endpoint, quickSize, undefined);
  await site.layout();
  const layout = await site.layout({ concurrency: 5 }, { fifo: true, queues: 2 });
  expect(layout).toMatchObject({
    queue: 'bench-2.fifo',
    queueUrl: 'http://127.0.0.1/0/bench-2.fifo',
    otherQueues: [{ name: 'bench-3.fifo', url: 'http://127.0.0.1/0/bench-3.fifo' }],
    concurrency: 5,
  });
  await site.drained(layout);
  expect(waited).toEqual(['bench-2.fifo', 'bench-3.fifo']);
});

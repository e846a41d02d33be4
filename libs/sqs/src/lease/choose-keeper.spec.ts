import { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';

import { systemClock, type Clock } from '#celery/ports';

import { ClientPool } from '../client/client-pool.js';
import type { QueueOptions } from '../options.js';
import type { ManagedQueue } from '../queue/managed-queue.js';
import { localQueue, LogLines } from '../transport.test-support.js';
import { chooseKeeper } from './choose-keeper.js';
import { MainLoopKeeper } from './main-loop-keeper.js';

const pool = new ClientPool({ clock: systemClock, events: {} });
const mainLoop = new MainLoopKeeper({
  clock: systemClock,
  extend: () => Promise.resolve({}),
  onExtended: () => undefined,
});
/** Any file that exists: no thread is started by these tests. */
const entry = new URL(import.meta.url);

function chosen(
  queue: Partial<QueueOptions>,
  change: { clock?: Clock; entry?: URL } = {},
): { mainLoop: boolean; log: LogLines } {
  const options = localQueue('q', queue);
  const managed: ManagedQueue = {
    options,
    info: { name: 'q', url: 'http://127.0.0.1/0/q', fifo: false },
    pooled: pool.forQueue(options),
    attributesKnown: true,
  };
  const log = new LogLines();
  const keeper = chooseKeeper({ queues: [managed], mainLoop, clock: systemClock, log, events: {}, entry, ...change });
  return { mainLoop: keeper === mainLoop, log };
}

describe('chooseKeeper', () => {
  it.each([
    ['a given client', { client: new SQSClient({ region: 'eu-west-1' }) }],
    ['a request handler of the user', { client: { region: 'eu-west-1', requestHandler: { requestTimeout: 1000 } } }],
  ])('keeps the queue of %s in the main loop, and warns', (_, queue) => {
    const { mainLoop: inMainLoop, log } = chosen(queue);
    expect(inMainLoop).toBe(true);
    expect(log.matching(/^warn .*event loop keeps its leases/)).toHaveLength(1);
  });

  it('takes the main loop without a word on a clock that is turned by hand, and for a producer', () => {
    const results = [chosen({}, { clock: { ...systemClock } }), chosen({ consume: false })];
    expect(results.map((result) => [result.mainLoop, result.log.lines])).toEqual([
      [true, []],
      [true, []],
    ]);
  });

  it('takes the main loop where the thread is not compiled', () => {
    const { mainLoop: inMainLoop, log } = chosen({}, { entry: new URL('./missing.js', import.meta.url) });
    expect(inMainLoop).toBe(true);
    expect(log.lines).toEqual(['debug Leases are kept by the event loop, as the lease thread is not compiled']);
  });
});

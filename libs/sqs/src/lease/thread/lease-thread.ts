import { parentPort, workerData } from 'node:worker_threads';

import { SQSClient } from '@aws-sdk/client-sqs';

import type { Clock } from '#celery/ports';

import { abortable } from '../../client/abortable-client.js';
import { SqsApi } from '../../client/sqs-api.js';
import { LeaseTable } from './lease-table.js';
import type { KeyValues, LeaseThreadData, LeaseThreadReport, RenewedKeys } from './lease-thread-messages.js';
import { TableExtender } from './table-extender.js';

/** Milliseconds between two looks at the table. */
const turnMs = 250;

const data: LeaseThreadData = workerData;
const table = new LeaseTable(data.table);
const keysOf: KeyValues[] = data.places.map((place) => place.keys);

/** The main thread's monotonic time: `performance.now` begins anew in every thread, `hrtime` does not. */
const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => Number(process.hrtime.bigint()) / 1e6 + data.clockOffset,
  setTimeout(callback, delayMs) {
    const handle = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

const apis = data.places.map(
  ({ keys: _keys, ...place }, index) =>
    new SqsApi({
      // Abortable: a request that hangs would keep its socket, and the agent has fifty.
      ...abortable(
        new SQSClient({
          ...place,
          credentials: () => currentKeys(index),
          maxAttempts: 1,
          cacheMiddleware: true,
          useQueueUrlAsEndpoint: false,
        }),
      ),
      clock,
      events: { request: ({ queue, entries }) => report({ kind: 'request', queue, entries }) },
    }),
);

const extender = new TableExtender({
  table,
  queues: data.queues,
  now: () => clock.monotonic(),
  report,
  extend(position, entries) {
    const queue = data.queues[position];
    const api = queue && apis[queue.place];
    if (!queue || !api) throw new RangeError(`The lease thread knows no queue ${position}.`);
    return api.changeVisibilityBatch(queue.name, {
      QueueUrl: queue.url,
      Entries: entries.map((entry, i) => ({
        Id: String(i),
        ReceiptHandle: entry.receiptHandle,
        VisibilityTimeout: entry.seconds,
      })),
    });
  },
});

parentPort?.on('message', ({ place, keys }: RenewedKeys) => {
  keysOf[place] = keys;
});
report({ kind: 'ready' });
look();

/** A turn that is still waiting for SQS does not hold up the next: what it extends is not in the table's hands meanwhile. */
function look(): void {
  void extender.turn();
  clock.setTimeout(look, turnMs);
}

/** Expiring at once, so that the SDK asks again at every request and renewed keys are used without delay. */
function currentKeys(place: number): Promise<KeyValues & { expiration: Date }> {
  const keys = keysOf[place];
  if (!keys) return Promise.reject(new RangeError(`The lease thread has no keys for place ${place}.`));
  return Promise.resolve({ ...keys, expiration: new Date(Date.now() + 1000) });
}

function report(message: LeaseThreadReport): void {
  parentPort?.postMessage(message);
}

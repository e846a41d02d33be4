// sqs-consumer as its documentation sets it up for batches.
import { setTimeout as sleep } from 'node:timers/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';
import { credentials, layoutOfEnv, region, taskTime } from './settings.js';
import { tellLatency } from './tell-latency.js';

const layout = layoutOfEnv();
const { endpoint, queueUrl, concurrency, taskMs } = layout;

// It asks for ten messages, and for the next ten once these are done: more at once takes more consumers.
const consumers = Array.from({ length: Math.max(1, concurrency / 10) }, () =>
  Consumer.create({
    queueUrl,
    sqs: new SQSClient({ endpoint, region, credentials }),
    batchSize: 10,
    waitTimeSeconds: 20,
    handleMessageBatch: async (messages) => {
      if (messages.length === 1) messages.forEach(tellLatency);
      if (taskMs > 0) await Promise.all(messages.map(() => sleep(taskTime(layout))));
      return messages;
    },
  }),
);
for (const consumer of consumers) {
  consumer.on('error', (error) => console.error(error.message));
  consumer.start();
}
process.once('SIGTERM', () => consumers.forEach((consumer) => consumer.stop({ abort: true })));
console.log('bench: ready');

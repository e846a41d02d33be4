// The least that can be done with the SDK: receive ten, do nothing, delete ten.
import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient, type Message } from '@aws-sdk/client-sqs';
import { credentials, layoutOfEnv, region, taskTime } from './settings.js';
import { tellLatency } from './tell-latency.js';

const layout = layoutOfEnv();
const { endpoint, queueUrl: QueueUrl, concurrency, taskMs } = layout;
// The middleware cache is the setting of the SDK that pays most; our client leaves more of its steps out.
const client = new SQSClient({ endpoint, region, credentials, cacheMiddleware: true });
// Its polls stay open for twenty seconds: nobody waits for them.
process.once('SIGTERM', () => process.exit());

async function handle(messages: readonly Message[]): Promise<void> {
  // A backlog has messages by the ten: to look into them would be more than the least.
  if (messages.length === 1) messages.forEach(tellLatency);
  if (taskMs > 0) await Promise.all(messages.map(() => sleep(taskTime(layout))));
  const Entries = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
  await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
}

async function loop(): Promise<never> {
  for (;;) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 20 }),
    );
    if (Messages.length > 0) await handle(Messages);
  }
}

console.log('bench: ready');
await Promise.all(Array.from({ length: Math.max(1, concurrency / 10) }, loop));

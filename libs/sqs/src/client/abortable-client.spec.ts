import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { LocalSqs } from '#sqs-local';

import { localConfig, localQueue, LogLines } from '../transport.test-support.js';
import { SqsTransport } from '../transport.js';
import { systemClock } from '#celery/ports';
import { abortable } from './abortable-client.js';

let sqs: LocalSqs;

beforeEach(async () => {
  sqs = await LocalSqs.start({ port: 0 });
  sqs.createQueue('q');
});
afterEach(() => sqs.close());

describe('abortable', () => {
  it('aborts the bound request alone, and keeps the middleware cache', async () => {
    const { client, bind } = abortable(new SQSClient({ ...localConfig(sqs), cacheMiddleware: true, maxAttempts: 1 }));
    const input = { QueueUrl: sqs.queueUrl('q'), WaitTimeSeconds: 20 };
    await client.send(new ReceiveMessageCommand({ ...input, WaitTimeSeconds: 0 }));
    const cache: unknown = Reflect.get(client, 'handlers');
    const controller = new AbortController();
    bind(input, controller.signal);
    const poll = client.send(new ReceiveMessageCommand(input));
    setImmediate(() => controller.abort());
    await expect(poll).rejects.toMatchObject({ name: 'AbortError' });
    await expect(client.send(new ReceiveMessageCommand({ ...input, WaitTimeSeconds: 0 }))).resolves.toBeDefined();
    expect(cache).toBeDefined();
    expect(Reflect.get(client, 'handlers')).toBe(cache);
    client.destroy();
  });

  it('leaves a given client as it was, and open', async () => {
    const client = new SQSClient(localConfig(sqs));
    const handler = client.config.requestHandler;
    const transport = new SqsTransport({ client, clock: systemClock, log: new LogLines(), queues: [localQueue('q')] });
    await transport.prepare();
    const consumer = transport.consume('q', {}, () => Promise.resolve());
    consumer.start();
    await consumer.stop({ shutdownTimeoutMs: 1000 });
    await transport.close();
    expect(client.config.requestHandler).toBe(handler);
    await expect(client.send(new ReceiveMessageCommand({ QueueUrl: sqs.queueUrl('q') }))).resolves.toBeDefined();
    client.destroy();
  });
});

import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { LocalSqs } from '#sqs-local';

import { localConfig, localQueue, LogLines } from '../transport.test-support.js';
import { SqsTransport } from '../transport.js';
import { systemClock } from '#celery/ports';
import { abortable } from './abortable-client.js';
import { RequestEnd } from './request-end.js';

let sqs: LocalSqs;

beforeEach(async () => {
  sqs = await LocalSqs.start({ port: 0 });
  sqs.createQueue('q');
});
afterEach(() => sqs.close());

function ownClient(): SQSClient {
  return new SQSClient({ ...localConfig(sqs), maxAttempts: 1 });
}

describe('abortable', () => {
  it('aborts the one request whose signal is', async () => {
    const { client, sends } = abortable(ownClient());
    const receive = sends(ReceiveMessageCommand);
    const input = { QueueUrl: sqs.queueUrl('q'), WaitTimeSeconds: 1 };
    const end = new RequestEnd();
    const aborted = receive({ ...input, WaitTimeSeconds: 20 }, end);
    const other = receive(input, new RequestEnd());
    setImmediate(() => end.abort('stopped'));
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    await expect(other).resolves.toBeDefined();
    client.destroy();
  });

  it('puts the middleware of a command together anew once, when the user agent is known', async () => {
    const { client, sends } = abortable(ownClient());
    let resolved = 0;
    client.middlewareStack.add(
      (next) => {
        resolved++;
        return next;
      },
      { step: 'initialize' },
    );
    const receive = sends(ReceiveMessageCommand);
    for (let n = 0; n < 5; n++) await receive({ QueueUrl: sqs.queueUrl('q') }, new RequestEnd());
    expect(resolved).toBe(2);
    client.destroy();
  });

  it('sends the SDK’s own user agent with every request', async () => {
    const { client, sends } = abortable(ownClient());
    const seen: unknown[] = [];
    client.middlewareStack.add(
      (next) => (args) => {
        const { headers } = args.request as { headers: Record<string, string> };
        seen.push([headers['user-agent'], headers['x-amz-user-agent']]);
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    const receive = sends(ReceiveMessageCommand);
    for (let n = 0; n < 3; n++) await receive({ QueueUrl: sqs.queueUrl('q') }, new RequestEnd());
    expect(seen[0]).toEqual([
      expect.stringMatching(/^aws-sdk-js\/.* api\/sqs#/),
      expect.stringMatching(/^aws-sdk-js\//),
    ]);
    expect(seen.slice(1)).toEqual([seen[0], seen[0]]);
    expect(client.middlewareStack.identify()).not.toContain('getUserAgentMiddleware - build');
    client.destroy();
  });

  it('leaves a given client as it was, and open', async () => {
    const client = new SQSClient(localConfig(sqs));
    const handler = client.config.requestHandler;
    const steps = client.middlewareStack.identify();
    const transport = new SqsTransport({ client, clock: systemClock, log: new LogLines(), queues: [localQueue('q')] });
    await transport.prepare();
    const consumer = transport.consume('q', {}, () => Promise.resolve());
    consumer.start();
    await consumer.stop({ shutdownTimeoutMs: 1000 });
    await transport.close();
    expect(client.config.requestHandler).toBe(handler);
    expect(client.middlewareStack.identify()).toEqual(steps);
    await expect(client.send(new ReceiveMessageCommand({ QueueUrl: sqs.queueUrl('q') }))).resolves.toBeDefined();
    client.destroy();
  });
});

import { describe, expect, it } from 'vitest';
import { resolveOptions } from './resolve-options.js';

describe('resolveOptions', () => {
  it('fills in the defaults', () => {
    expect(resolveOptions({})).toEqual({
      queues: [
        { name: 'celery', sqsName: 'celery', consume: true, autoStart: true, weight: 1, receive: { concurrency: 10 } },
      ],
      taskDefaultQueue: 'celery',
      shutdownTimeoutMs: 20_000,
    });
  });

  it("mangles names as kombu does and keeps Celery's", () => {
    const { queues, taskDefaultQueue } = resolveOptions({ queues: ['my.queue', 'b.fifo'], queueNamePrefix: 'prod.' });
    expect(queues.map(({ name, sqsName }) => [name, sqsName])).toEqual([
      ['my.queue', 'prod-my-queue'],
      ['b.fifo', 'prod-b.fifo'],
    ]);
    expect(taskDefaultQueue).toBe('my.queue');
  });

  it("puts a queue's own options over those of all queues", () => {
    const { queues } = resolveOptions({
      concurrency: 3,
      waitTimeSeconds: 5,
      queues: ['a', { name: 'b', concurrency: 2, lease: 60, waitTimeSeconds: undefined as never }],
    });
    expect(queues.map(({ receive }) => receive)).toEqual([
      { concurrency: 3, waitTimeSeconds: 5 },
      { concurrency: 2, waitTimeSeconds: 5, lease: 60 },
    ]);
  });

  it('makes a visibility timeout an attribute', () => {
    const [queue] = resolveOptions({
      queues: [{ name: 'a', visibilityTimeout: 60, attributes: { delaySeconds: 1 } }],
    }).queues;
    expect(queue?.attributes).toEqual({ visibilityTimeout: 60, delaySeconds: 1 });
  });

  it('lets clientConfig win over the broker URL', () => {
    const { clientConfig } = resolveOptions({
      brokerUrl: 'sqs://key:secret@localhost:9324',
      clientConfig: { region: 'eu-west-1' },
    });
    expect(clientConfig).toEqual({
      endpoint: 'http://localhost:9324',
      region: 'eu-west-1',
      credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    });
  });

  it('leaves the client alone where nothing is said', () => {
    expect(resolveOptions({ brokerUrl: 'sqs://' }).clientConfig).toEqual({});
  });
});

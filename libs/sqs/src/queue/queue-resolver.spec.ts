import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { LocalSqs, VirtualClock } from '#sqs-local';

import { QueuesNotReadyError } from '../errors/index.js';
import type { SqsTransportOptions } from '../options.js';
import {
  LogLines,
  localConfig,
  localQueue,
  transportFor,
  whileTimePasses,
  type Harness,
} from '../transport.test-support.js';
import { SqsTransport } from '../transport.js';

let sqs: LocalSqs;
let clock: VirtualClock;

beforeEach(async () => {
  clock = new VirtualClock();
  sqs = await LocalSqs.start({ port: 0, clock });
});
afterEach(() => sqs.close());

const prepared = (options: Parameters<typeof transportFor>[2]): Promise<Harness> =>
  whileTimePasses(clock, transportFor(sqs, clock, options));

async function problemsOf(options: Parameters<typeof transportFor>[2]): Promise<QueuesNotReadyError> {
  const error: unknown = await prepared(options).catch((reason: unknown) => reason);
  if (error instanceof QueuesNotReadyError) return error;
  throw new Error('The queues were ready.', { cause: error });
}

describe('a queue that exists', () => {
  it('costs a producer with a URL no request, and a producer with a name one', async () => {
    sqs.createQueue('q');
    const byUrl = await prepared({ queues: [localQueue('q', { url: sqs.queueUrl('q'), consume: false })] });
    expect(byUrl.requests).toEqual({});
    const byName = await prepared({ queues: [localQueue('q', { consume: false })] });
    expect(byName.requests).toEqual({ GetQueueUrl: 1 });
  });

  it('is asked for its attributes once when it is consumed', async () => {
    sqs.createQueue('dead');
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: sqs.queue('dead').arn, maxReceiveCount: '7' });
    const attributes = {
      VisibilityTimeout: '77',
      MessageRetentionPeriod: '600',
      MaximumMessageSize: '2048',
      RedrivePolicy,
    };
    sqs.createQueue('p-q_1', { attributes });
    const { transport, requests } = await prepared({
      queues: [localQueue('q.1', { sqsName: 'p-q_1', url: sqs.queueUrl('p-q_1') })],
    });
    expect(requests).toEqual({ GetQueueAttributes: 1 });
    expect(transport.queues()).toEqual([
      {
        name: 'q.1',
        url: sqs.queueUrl('p-q_1'),
        fifo: false,
        visibilityTimeout: 77,
        messageRetentionPeriod: 600,
        maximumMessageSize: 2048,
        redrivePolicy: { deadLetterTargetArn: sqs.queue('dead').arn, maxReceiveCount: 7 },
      },
    ]);
  });

  it('is used without its attributes where they are denied, with a warning that says what is unknown', async () => {
    sqs.createQueue('q');
    sqs.fail({ how: 'error', action: 'GetQueueAttributes', code: 'AccessDenied', status: 403 });
    const { transport, log } = await prepared({ queues: ['q'] });
    expect(transport.queues()).toEqual([{ name: 'q', url: sqs.queueUrl('q'), fifo: false }]);
    expect(log.matching(/^warn .*visibility timeout.*redrive policy.*maximum message size/)).toHaveLength(1);
  });

  it('must have the configured attributes', async () => {
    sqs.createQueue('q', { attributes: { VisibilityTimeout: '30', DelaySeconds: '5' } });
    const error = await problemsOf({
      queues: [
        localQueue('q', { attributes: { visibilityTimeout: 60, delaySeconds: 5, messageRetentionPeriod: 600 } }),
      ],
    });
    expect(error.problems).toMatchObject([{ code: 'SQS_CELERY_QUEUE_ATTRIBUTES_MISMATCH' }]);
    expect(error.message).toMatch(
      /visibilityTimeout wanted 60, found 30; messageRetentionPeriod wanted 600, found 345600/,
    );
  });

  it('is waited for while the network comes up', async () => {
    sqs.createQueue('q');
    sqs.fail({ how: 'drop', times: 2 });
    await expect(prepared({ queues: ['q'] })).resolves.toBeDefined();
  });
});

describe('what is wrong', () => {
  it('is told of all queues at once, with the queue, the code and what to do', async () => {
    sqs.createQueue('denied');
    sqs.fail({ how: 'error', queue: 'denied', code: 'AccessDenied', status: 403, times: Infinity });
    const error = await problemsOf({ queues: ['missing', 'denied', localQueue('no-url', { url: 'nonsense' })] });
    expect(error.problems.map((problem) => problem.code)).toEqual([
      'SQS_CELERY_QUEUE_NOT_FOUND',
      'SQS_CELERY_QUEUE_ACCESS_DENIED',
      'SQS_CELERY_QUEUE_REQUEST_FAILED',
    ]);
    expect(error.message).toMatch(/"missing".*QueueDoesNotExist.*createMissingQueues/);
    expect(error.message).toMatch(/"denied".*sqs:GetQueueUrl was denied/);
  });

  it('is found before any request where it is a value', async () => {
    const error = await problemsOf({
      queues: [
        localQueue('q', { attributes: { visibilityTimeout: -1 } }),
        localQueue('r', { attributes: { delaySeconds: 901 } }),
      ],
      createMissingQueues: true,
    });
    expect(error.problems).toHaveLength(2);
    expect(sqs.requestCounts()).toEqual({});
  });

  it('is one problem when it is the credentials', async () => {
    const error = await problemsOf({
      queues: ['a', 'b'],
      clientConfig: { ...localConfig(sqs), credentials: () => Promise.reject(named('CredentialsProviderError')) },
    });
    expect(error.problems.map((problem) => problem.code)).toEqual(['SQS_CELERY_MISSING_CREDENTIALS']);
  });

  it('is no secret, but keys are', async () => {
    const error = await problemsOf({
      queues: ['missing'],
      clientConfig: { ...localConfig(sqs), credentials: { accessKeyId: 'AKIAVISIBLE', secretAccessKey: 'hush' } },
    });
    expect(JSON.stringify(error) + error.message + String(error.cause)).not.toMatch(/AKIAVISIBLE|hush/);
  });
});

describe('createMissingQueues', () => {
  const create = (queue: Parameters<typeof localQueue>[1], name = 'q'): Promise<Harness> =>
    prepared({ queues: [localQueue(name, queue)], createMissingQueues: true });

  it('is off: a typo makes no queue', async () => {
    await problemsOf({ queues: ['q'] });
    expect(sqs.queueNames()).toEqual([]);
  });

  it('makes a queue with attributes, tags and a dead-letter queue', async () => {
    const { transport } = await create({ attributes: { visibilityTimeout: 60 }, tags: { team: 'orders' } });
    const dead = sqs.queue('q-dlq');
    expect(dead.attributes['MessageRetentionPeriod']).toBe('1209600');
    expect(sqs.queue('q')).toMatchObject({ tags: { team: 'orders' } });
    expect(transport.queues()[0]).toMatchObject({
      visibilityTimeout: 60,
      redrivePolicy: { deadLetterTargetArn: dead.arn, maxReceiveCount: 10 },
    });
  });

  it('makes FIFO queues with FIFO dead-letter queues', async () => {
    await create({ attributes: { contentBasedDeduplication: true }, deadLetter: { maxReceiveCount: 3 } }, 'q.fifo');
    expect(sqs.queueNames().toSorted()).toEqual(['q-dlq.fifo', 'q.fifo']);
    expect(sqs.queue('q.fifo').attributes).toMatchObject({ FifoQueue: 'true', ContentBasedDeduplication: 'true' });
  });

  it('uses a dead-letter queue that exists, and makes none where told so', async () => {
    sqs.createQueue('graveyard');
    await create({ deadLetter: { name: 'graveyard' } });
    await create({ deadLetter: false }, 'r');
    expect(sqs.queueNames().toSorted()).toEqual(['graveyard', 'q', 'r']);
    expect(sqs.queue('r').attributes['RedrivePolicy']).toBeUndefined();
  });

  it('waits while the name is blocked after a deletion', async () => {
    sqs.fail({ how: 'error', action: 'CreateQueue', code: 'QueueDeletedRecently', status: 400, times: 3 });
    const { log } = await create({ deadLetter: false });
    expect(sqs.queueNames()).toEqual(['q']);
    expect(log.matching(/deleted less than 60 s ago/)).toHaveLength(3);
  });

  it('takes the queue another process made meanwhile, if it fits', async () => {
    const raced = (attributes: Record<string, string>): Promise<Harness> => {
      sqs.createQueue('raced', { attributes });
      sqs.fail({ how: 'error', action: 'GetQueueUrl', queue: 'raced', code: 'QueueDoesNotExist', status: 400 });
      return create({ deadLetter: false, attributes: { visibilityTimeout: 60 } }, 'raced');
    };
    await expect(raced({ VisibilityTimeout: '31' })).rejects.toThrow(/visibilityTimeout wanted 60, found 31/);
  });
});

describe('the endpoint', () => {
  const log = new LogLines();
  const transport = (options: Partial<SqsTransportOptions>, url: string): SqsTransport =>
    new SqsTransport({ clock, log, queues: [localQueue('q', { url })], ...options });

  it('that is configured wins over the host of the URL', async () => {
    sqs.createQueue('q');
    const url = 'http://elsewhere.invalid:4566/000000000000/q';
    await whileTimePasses(clock, transport({ clientConfig: localConfig(sqs) }, url).prepare());
    expect(sqs.requestCounts()).toEqual({ GetQueueAttributes: 1 });
  });

  it('is the URL’s where none is configured', async () => {
    sqs.createQueue('q');
    const { region, credentials } = localConfig(sqs);
    const clientConfig = { ...(region ? { region } : {}), ...(credentials ? { credentials } : {}) };
    await whileTimePasses(clock, transport({ clientConfig }, sqs.queueUrl('q')).prepare());
    expect(sqs.requestCounts()).toEqual({ GetQueueAttributes: 1 });
  });
});

function named(name: string): Error {
  return Object.assign(new Error('none found'), { name });
}

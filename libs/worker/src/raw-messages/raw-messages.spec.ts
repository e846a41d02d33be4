import {
  Ignore,
  Reject,
  Retry,
  UnrecoverableError,
  WorkerLostError,
  decodeMessage,
  systemClock,
  type QueueInfo,
} from '#celery';
import { describe, expect, it } from 'vitest';
import { Quarantine } from '../quarantine.js';
import { WorkerEvents } from '../events.js';
import { RawHandlers, type RawHandler } from './raw-handlers.js';
import type { RawMessageEventMap, RawMessageEvents } from './raw-events.js';
import { RawMessageRequest } from './raw-message-request.js';
import { RawMessages } from './raw-messages.js';
import { RedeliveryDelay } from '../redelivery-delay.js';
import { DEAD_LETTERS, FIFO, RecordedDelivery, RecordedSender, STANDARD, withRedrive } from '../worker.test-support.js';

interface Init {
  readonly queue?: QueueInfo;
  readonly receiveCount?: number;
  readonly messageGroupId?: string;
}

type Recorded = {
  [Event in keyof RawMessageEventMap]: readonly [Event, RawMessageEventMap[Event]];
}[keyof RawMessageEventMap];

/** The handler of one queue, whose every action on messages is written down in order. */
class RawBench {
  readonly actions: string[] = [];
  readonly recorded: Recorded[] = [];
  readonly sender = new RecordedSender(this.actions);
  readonly handlers = new RawHandlers();
  readonly messages: RawMessages;

  constructor(handler: RawHandler, queue = 'celery') {
    this.handlers.add(queue, handler);
    const events: RawMessageEvents = { emit: (...event) => void this.recorded.push(event as Recorded) };
    const workerEvents = new WorkerEvents((error) => {
      throw error;
    });
    this.messages = new RawMessages({
      handlers: this.handlers,
      quarantine: new Quarantine({ sender: this.sender, hostname: 'celery@test', events: workerEvents }),
      events,
      clock: systemClock,
      maxDeliveries: 10,
      redeliveryDelay: new RedeliveryDelay({ requeueDelay: () => 20 }),
    });
  }

  delivery(init: ConstructorParameters<typeof RecordedDelivery>[0]): RecordedDelivery {
    return new RecordedDelivery({ body: '{"a":1}', ...init }, this.actions);
  }

  async take(init: ConstructorParameters<typeof RecordedDelivery>[0] = {}): Promise<boolean> {
    return this.takeDelivery(this.delivery(init));
  }

  takeDelivery(delivery: RecordedDelivery): Promise<boolean> {
    const decoded = decodeMessage(delivery.body);
    if (decoded.kind !== 'foreign') throw new Error(`${decoded.kind}: not foreign`);
    return this.messages.take(delivery, decoded);
  }

  outcome(): unknown {
    const found = this.recorded.flatMap(([event, payload]) => (event === 'rawHandled' ? [payload.outcome] : []));
    if (found.length !== 1) throw new Error(`${found.length} outcomes`);
    return found[0];
  }
}

function throws(error: unknown): RawHandler {
  return () => Promise.reject(error);
}

const cause = new TypeError('boom');

describe('RawMessages', () => {
  it('leaves messages of other queues alone', async () => {
    const bench = new RawBench(throws(cause), 'other');
    expect(await bench.take()).toBe(false);
    expect(bench.actions).toEqual([]);
    expect(bench.recorded).toEqual([]);
  });

  it('hands the handler what is known of the message, and deletes it', async () => {
    const seen: (RawMessageRequest | undefined)[] = [];
    const bench = new RawBench(async (request) => {
      await Promise.resolve();
      seen.push(request, RawMessageRequest.current());
    });
    const attributes = { tenant: { DataType: 'String', StringValue: 'acme' } };
    const body = JSON.stringify({
      Type: 'Notification',
      Message: 'words',
      TopicArn: 'arn',
      MessageAttributes: { from: { Type: 'String', Value: 'sns' } },
    });
    expect(await bench.take({ body, receiveCount: 2, messageAttributes: attributes, messageGroupId: 'g' })).toBe(true);
    expect(seen[0]).toBe(seen[1]);
    expect(seen[0]).toMatchObject({
      queue: 'celery',
      messageId: 'message-1',
      receiveCount: 2,
      redelivered: true,
      messageGroupId: 'g',
      envelope: 'sns',
      sns: { topicArn: 'arn' },
      eventBridge: undefined,
      messageAttributes: { ...attributes, from: { DataType: 'String', StringValue: 'sns' } },
      payload: 'words',
      body,
    });
    expect(RawMessageRequest.current()).toBeUndefined();
    expect(bench.actions).toEqual(['acknowledge']);
    expect(bench.recorded.map(([event]) => event)).toEqual(['rawReceived', 'rawHandled']);
    expect(bench.outcome()).toEqual({ kind: 'succeeded', runtimeSeconds: expect.any(Number) });
  });

  it.each<readonly [string, Error, Init, string[], object]>([
    ['Ignore deletes', new Ignore(), {}, ['acknowledge'], { kind: 'ignored' }],
    ['Retry hides', new Retry({ countdown: 7, cause }), {}, ['release 7'], { kind: 'retried', error: cause }],
    ['Reject(requeue) hides', new Reject({ requeue: true }), {}, ['release 20'], { kind: 'retried' }],
    [
      'Reject deletes without dead-letter queue',
      new Reject(),
      {},
      ['acknowledge'],
      { kind: 'rejected', action: 'deleted' },
    ],
    [
      'Reject moves',
      new Reject({ reason: 'bad' }),
      { queue: withRedrive(STANDARD, 3) },
      [`send to ${DEAD_LETTERS}`, 'acknowledge'],
      { kind: 'rejected', reason: 'bad', action: 'deadLettered' },
    ],
    [
      'an unrecoverable error moves at once',
      new UnrecoverableError('x', { cause }),
      { queue: withRedrive(STANDARD, 3) },
      [`send to ${DEAD_LETTERS}`, 'acknowledge'],
      { kind: 'exhausted', error: cause, action: 'deadLettered' },
    ],
    [
      'the last receive moves, on FIFO queues as well',
      cause,
      { queue: withRedrive(FIFO, 3), receiveCount: 3, messageGroupId: 'g' },
      [`send to ${DEAD_LETTERS}`, 'acknowledge'],
      { kind: 'exhausted', error: cause, action: 'deadLettered' },
    ],
  ] satisfies [
    string,
    Error,
    { queue?: QueueInfo; receiveCount?: number; messageGroupId?: string },
    string[],
    object,
  ][])('%s', async (_what, error, init, actions, outcome) => {
    const bench = new RawBench(throws(error));
    if (init.queue?.fifo) bench.handlers.add(FIFO.name, throws(error));
    await bench.take(init);
    expect(bench.actions).toEqual(actions);
    expect(bench.outcome()).toMatchObject(outcome);
  });

  it('leaves a message whose handler failed out of sight for a while', async () => {
    const bench = new RawBench(throws(cause));
    await bench.take();
    expect(bench.actions).toEqual([expect.stringMatching(/^release [1-5]$/)]);
    expect(bench.outcome()).toMatchObject({ kind: 'failed', error: cause });
  });

  it('says in the dead-letter queue why, and sends the message byte for byte', async () => {
    const bench = new RawBench(throws(cause));
    await bench.take({ queue: withRedrive(STANDARD, 3), receiveCount: 3, body: '{ "a": 1.0 }' });
    expect(bench.sender.sent).toMatchObject([
      {
        queue: DEAD_LETTERS,
        message: {
          body: '{ "a": 1.0 }',
          messageAttributes: {
            CeleryReason: { StringValue: 'RawMessage:TypeError' },
            CeleryError: { StringValue: "TypeError('boom')" },
            CeleryReceiveCount: { StringValue: '3' },
          },
        },
      },
    ]);
  });

  it('does not handle again what was received too often where SQS does not count', async () => {
    let handled = 0;
    const bench = new RawBench(async () => void handled++);
    await bench.take({ receiveCount: 11 });
    expect(handled).toBe(0);
    expect(bench.recorded.map(([event]) => event)).toEqual(['rawHandled']);
    expect(bench.outcome()).toMatchObject({ kind: 'exhausted', error: expect.any(WorkerLostError), action: 'left' });
    await bench.take({ receiveCount: 11, queue: withRedrive(STANDARD, 20) });
    expect(handled).toBe(1);
  });

  it.each([
    ['succeeded', async () => undefined],
    ['failed', throws(cause)],
    ['was refused', throws(new Reject())],
    ['was given up', throws(new UnrecoverableError('x'))],
  ] satisfies [string, RawHandler][])('settles nothing once the lease is lost, when it %s', async (_how, handler) => {
    const bench = new RawBench(async (request) => {
      delivery.controller.abort(new Error('taken'));
      await handler(request);
    });
    const delivery = bench.delivery({ queue: withRedrive(STANDARD, 3) });
    expect(await bench.takeDelivery(delivery)).toBe(true);
    expect(bench.actions).toEqual([]);
    expect(bench.outcome()).toEqual({ kind: 'leaseLost', reason: new Error('taken') });
  });

  it('tells of a delete that failed', async () => {
    const bench = new RawBench(async () => undefined);
    const delivery = bench.delivery({});
    delivery.failAcknowledge = new Error('refused');
    await bench.takeDelivery(delivery);
    await new Promise((resolve) => setImmediate(resolve));
    expect(bench.recorded).toContainEqual(['settleFailed', { delivery, error: delivery.failAcknowledge }]);
  });
});

describe('RawHandlers', () => {
  it('has one handler a queue', () => {
    const handlers = new RawHandlers();
    handlers.add('b', throws(cause));
    handlers.add('a', throws(cause));
    expect(handlers.queues()).toEqual(['a', 'b']);
    expect(() => handlers.add('a', throws(cause))).toThrow(/'a' has two handlers/);
  });
});

describe('RawMessageRequest.from', () => {
  it('is undefined where the arguments are those of something else', () => {
    expect(RawMessageRequest.from({ getArgs: () => [{}, 1] })).toBeUndefined();
  });
});

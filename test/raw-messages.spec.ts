import {
  Catch,
  Controller,
  Injectable,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { IsInt } from 'class-validator';
import { map } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  Arg,
  CLOCK,
  Ignore,
  InvalidConfigurationError,
  RawMessage,
  RawMessageContext,
  RawMessageRequest,
  Reject,
  Retry,
  Task,
  type DeadLetter,
} from 'nestjs-sqs-celery';
import { LocalSqs, VirtualClock, type MessageView } from 'nestjs-sqs-celery/testing';
import { startApp, until, type AppSetUp, type RunningApp } from './nest.test-support.js';
import { sendRaw } from './support/send-raw.js';

const seen: unknown[] = [];
beforeEach(() => {
  seen.length = 0;
});

/** The only message of a queue. */
function onlyMessage({ sqs }: RunningApp, queue: string): MessageView {
  const { messages } = sqs.queue(queue);
  expect(messages).toHaveLength(1);
  return messages[0]!;
}

async function deadLetter(running: RunningApp, queue: string): Promise<MessageView> {
  await until(() => running.sqs.queue(queue).messages.length === 1, `a message on ${queue}`);
  return onlyMessage(running, queue);
}

async function emptied({ sqs }: RunningApp, queue: string): Promise<void> {
  await until(() => sqs.queue(queue).messages.length === 0, `an empty ${queue}`);
}

@Injectable()
class Anything {
  @RawMessage('celery')
  handle(payload: unknown, @RawMessageContext() message: RawMessageRequest): void {
    seen.push([payload, message]);
  }
}

describe('what a handler receives', () => {
  it.each([
    ['plain JSON', '{"a":1.5}', { a: 1.5 }, { envelope: 'json', body: '{"a":1.5}' }],
    ['JSON in base64', Buffer.from('[1]').toString('base64'), [1], { envelope: 'json' }],
    ['plain text', 'three words here', 'three words here', { envelope: 'text' }],
    [
      'an SNS notification',
      JSON.stringify({
        Type: 'Notification',
        MessageId: 'an-id',
        TopicArn: 'arn:aws:sns:us-east-1:000000000000:orders',
        Subject: 'placed',
        Message: '{"order":7}',
        MessageAttributes: { from: { Type: 'String', Value: 'shop' } },
      }),
      { order: 7 },
      {
        envelope: 'sns',
        sns: { messageId: 'an-id', topicArn: 'arn:aws:sns:us-east-1:000000000000:orders', subject: 'placed' },
        messageAttributes: {
          tenant: { DataType: 'String', StringValue: 'acme' },
          from: { DataType: 'String', StringValue: 'shop' },
        },
      },
    ],
    [
      'an EventBridge event',
      JSON.stringify({
        id: 'e',
        'detail-type': 'Object Created',
        source: 'aws.s3',
        detail: { key: 'k' },
        resources: [],
      }),
      { key: 'k' },
      { envelope: 'eventbridge', eventBridge: { id: 'e', detailType: 'Object Created', source: 'aws.s3' } },
    ],
  ])('%s', async (_what, body, payload, message) => {
    await using running = await startApp({ providers: [Anything] });
    await sendRaw(running.sqs, 'celery', body, { attributes: { tenant: 'acme' } });
    await emptied(running, 'celery');
    expect(seen).toMatchObject([[payload, { queue: 'celery', receiveCount: 1, redelivered: false, ...message }]]);
    expect(running.log.of({ context: 'celery.app.trace' })).toEqual([
      expect.stringMatching(/^Raw message \S+ of queue celery received$/),
      expect.stringMatching(/^Raw message \S+ of queue celery handled in [\d.e-]+s$/),
    ]);
    expect(running.sqs.queue('celery-dlq').messages).toEqual([]);
  });

  it('beside tasks on one queue, each gets its own', async () => {
    @Injectable()
    class Tasks {
      @Task('do')
      run(text: string): void {
        seen.push(text);
      }
    }
    await using running = await startApp({ providers: [Anything, Tasks] });
    await running.tasks.delay('do', 'a task');
    await sendRaw(running.sqs, 'celery', '"a message"');
    await until(() => seen.length === 2);
    expect(new Set(seen.map((one) => (Array.isArray(one) ? one[0] : one)))).toEqual(new Set(['a message', 'a task']));
  });

  it('leaves malformed messages of Celery, and the messages of other queues, to the dead-letter queue', async () => {
    @Injectable()
    class Tasks {
      @Task('do')
      run(): void {}
    }
    const options = { queues: ['celery', 'other'] };
    await using running = await startApp({ providers: [Anything, Tasks], options });
    await sendRaw(running.sqs, 'celery', JSON.stringify({ body: 7, headers: {}, properties: {} }));
    await sendRaw(running.sqs, 'other', '{"a":1}');
    const malformed = await deadLetter(running, 'celery-dlq');
    expect(malformed.attributes['CeleryReason']?.value).toMatch(/^Malformed:/);
    const unknown = await deadLetter(running, 'other-dlq');
    expect(unknown.attributes['CeleryReason']?.value).toBe('UnknownMessage');
    expect(seen).toEqual([]);
  });
});

class Order {
  @IsInt()
  id!: number;
}

@Injectable()
class Guarded implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const message = RawMessageRequest.from(context);
    seen.push(`${context.getType<string>()} ${message?.queue}`);
    return message?.messageAttributes['tenant']?.StringValue === 'acme';
  }
}

@Injectable()
class Doubling implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(map((value) => seen.push(`returned ${value}`)));
  }
}

@Catch(RangeError)
class Forgiving implements ExceptionFilter {
  catch(): string {
    return 'forgiven';
  }
}

@Injectable()
class Orders {
  @RawMessage('celery')
  @UseGuards(Guarded)
  @UseInterceptors(Doubling)
  @UsePipes(new ValidationPipe({ transform: true }))
  @UseFilters(Forgiving)
  handle(@RawMessageContext() message: RawMessageRequest, order: Order): string {
    seen.push(order);
    if (order.id < 0) throw new RangeError('negative');
    return `${order.id} ${RawMessageRequest.current() === message}`;
  }
}

describe("Nest's pipeline", () => {
  const attributes = { tenant: 'acme' };

  it('runs guards, interceptors and pipes', async () => {
    await using running = await startApp({ providers: [Orders] });
    await sendRaw(running.sqs, 'celery', '{"id":7}', { attributes });
    await emptied(running, 'celery');
    expect(seen).toEqual(['celery celery', Object.assign(new Order(), { id: 7 }), 'returned 7 true']);
  });

  it.each([
    ['fails validation', '{"id":"x"}', attributes, 'BadRequestException', /id must be an integer number/],
    ['is denied by a guard', '{"id":7}', {}, 'ForbiddenException', /Forbidden resource/],
  ])('moves a message that %s to the dead-letter queue at once', async (_how, body, given, error, detail) => {
    const letters: DeadLetter[] = [];
    await using running = await startApp({
      providers: [Orders],
      options: { onDeadLetter: async (letter) => void letters.push(letter) },
    });
    await sendRaw(running.sqs, 'celery', body, { attributes: given });
    const letter = await deadLetter(running, 'celery-dlq');
    expect(letter.body).toBe(body);
    expect(letter.attributes['CeleryReason']?.value).toBe(`RawMessage:${error}`);
    expect(letter.attributes['CeleryError']?.value).toMatch(detail);
    await until(() => letters.length === 1, 'the hook');
    expect(letters).toMatchObject([
      { reason: `RawMessage:${error}`, queue: 'celery', receiveCount: 1, action: 'deadLettered' },
    ]);
  });

  it('offers failures to filters: a value is success', async () => {
    await using running = await startApp({ providers: [Orders] });
    await sendRaw(running.sqs, 'celery', '{"id":-1}', { attributes });
    await emptied(running, 'celery');
    expect(running.log.text()).toContain('handled in');
    expect(running.sqs.queue('celery-dlq').messages).toEqual([]);
  });

  it('makes request-scoped providers for each message', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      constructor(private readonly message: RawMessageRequest) {}

      @RawMessage('celery')
      handle(payload: unknown): void {
        seen.push([payload, this.message.payload, this]);
      }
    }
    await using running = await startApp({ providers: [Scoped] });
    await sendRaw(running.sqs, 'celery', '1');
    await sendRaw(running.sqs, 'celery', '2');
    await until(() => seen.length === 2);
    const found = (seen as [number, number, object][]).toSorted(([one], [other]) => one - other);
    expect(found.map(([payload, injected]) => [payload, injected])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(found[0]![2]).not.toBe(found[1]![2]);
  });
});

let failure: unknown;

@Injectable()
class Failing {
  @RawMessage('celery')
  handle(payload: unknown, @RawMessageContext() { receiveCount }: RawMessageRequest): void {
    seen.push([payload, receiveCount]);
    if (failure !== undefined) throw failure;
  }
}

@Injectable()
class FailingLedger extends Failing {
  @RawMessage('ledger.fifo')
  override handle(payload: unknown, @RawMessageContext() message: RawMessageRequest): void {
    super.handle(payload, message);
  }
}

describe('what becomes of a message', () => {
  afterEach(() => {
    failure = undefined;
  });

  it.each([
    ['Ignore deletes it', new Ignore(), 0, 0],
    ['Reject moves it', new Reject({ reason: 'not ours' }), 0, 1],
  ])('%s', async (_what, error, left, dead) => {
    failure = error;
    await using running = await startApp({ providers: [Failing] });
    await sendRaw(running.sqs, 'celery', '1');
    await until(() => running.sqs.queue('celery').messages.length === left, 'the end of it');
    expect(running.sqs.queue('celery-dlq').messages).toHaveLength(dead);
    expect(seen).toEqual([[1, 1]]);
  });

  it.each([
    ['Retry', new Retry({ countdown: 100 }), 95, 100],
    ['Reject(requeue)', new Reject({ requeue: true }), 10, 20],
    ['an error', new Error('boom'), 0, 5],
  ])('%s hides it for a while', async (_what, error, least, most) => {
    failure = error;
    await using running = await startApp({ providers: [Failing] });
    await sendRaw(running.sqs, 'celery', '1');
    await until(() => /retry: Retry in|visible again in/.test(running.log.text()), 'the release');
    const { hiddenForMs } = onlyMessage(running, 'celery');
    expect(hiddenForMs).toBeGreaterThan(least * 1000);
    expect(hiddenForMs).toBeLessThanOrEqual(most * 1000);
  });

  async function inVirtualTime(
    setUp: Pick<AppSetUp, 'providers' | 'options'>,
    test: (running: RunningApp, clock: VirtualClock) => Promise<void>,
  ): Promise<DeadLetter[]> {
    const clock = new VirtualClock();
    const sqs = await LocalSqs.start({ clock });
    const letters: DeadLetter[] = [];
    const running = await startApp({
      sqs,
      ...setUp,
      options: { ...setUp.options, onDeadLetter: (letter) => void letters.push(letter) },
      configure: (builder) => builder.overrideProvider(CLOCK).useValue(clock),
    });
    try {
      await test(running, clock);
      return letters;
    } finally {
      const closing = running[Symbol.asyncDispose]();
      await clock.advance(60_000);
      await closing;
      await sqs.close();
    }
  }

  it('an error has it received again until the last receive, which says why', async () => {
    failure = new TypeError('boom');
    const queues = [{ name: 'celery', deadLetter: { maxReceiveCount: 3 } }];
    const letters = await inVirtualTime({ providers: [Failing], options: { queues } }, async (running, clock) => {
      const sending = sendRaw(running.sqs, 'celery', '{"secret":"hunter2"}');
      await clock.advance(60_000);
      await sending;
      const letter = onlyMessage(running, 'celery-dlq');
      expect(letter.attributes['CeleryReason']?.value).toBe('RawMessage:TypeError');
      expect(letter.attributes['CeleryError']?.value).toBe("TypeError('boom')");
      expect(running.log.text()).not.toContain('hunter2');
    });
    const payload = { secret: 'hunter2' };
    expect(seen).toEqual([
      [payload, 1],
      [payload, 2],
      [payload, 3],
    ]);
    expect(letters).toMatchObject([{ reason: 'RawMessage:TypeError', detail: "TypeError('boom')", receiveCount: 3 }]);
    expect(JSON.stringify(letters)).not.toContain('hunter2');
  });

  it('keeps the order of its group on a FIFO queue', async () => {
    failure = new Retry({ countdown: 30 });
    const setUp = { providers: [FailingLedger], options: { queues: ['ledger.fifo'] } };
    await inVirtualTime(setUp, async ({ sqs }, clock) => {
      const sending = (async () => {
        for (const body of ['1', '2']) await sendRaw(sqs, 'ledger.fifo', body, { groupId: 'g' });
        await sendRaw(sqs, 'ledger.fifo', '3', { groupId: 'other' });
      })();
      await clock.advance(10_000);
      await sending;
      expect(new Set(seen)).toEqual(
        new Set([
          [1, 1],
          [3, 1],
        ]),
      );
      failure = undefined;
      await clock.advance(60_000);
    });
    const ofGroup = (seen as [number, number][]).filter(([payload]) => payload !== 3);
    expect(ofGroup).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
    ]);
  });
});

async function problemsOf(setUp: AppSetUp): Promise<readonly string[]> {
  const error: unknown = await startApp(setUp).then(
    async (running) => running[Symbol.asyncDispose](),
    (reason: unknown) => reason,
  );
  if (!(error instanceof InvalidConfigurationError)) throw new Error(`started, or failed otherwise: ${String(error)}`);
  return error.problems;
}

describe('the start', () => {
  it('fails for what cannot be right, and says all of it', async () => {
    @Injectable()
    class Wrong {
      @RawMessage('typo')
      unlisted(): void {}

      @RawMessage('celery')
      @RawMessage('celery')
      first(): void {}

      @RawMessage('celery')
      second(_one: unknown, _two: unknown): void {}

      @RawMessage('other')
      named(@Arg('x') _x: number, ..._rest: unknown[]): void {}

      @RawMessage('another')
      @Task('both')
      both(): void {}

      @RawMessage('')
      nameless(): void {}
    }

    @Controller()
    class OnController {
      @RawMessage('celery')
      handle(): void {}
    }

    const options = { queues: ['celery', 'other', 'another'] };
    const problems = await problemsOf({ providers: [Wrong], controllers: [OnController], options });
    const wrong = (method: string, problem: string): string =>
      `@RawMessage on Wrong.${method} (RootTestModule): ${problem}`;
    expect(problems.toSorted()).toEqual(
      [
        wrong('unlisted', "it names the queue 'typo', which is not one of queues (celery, other, another)"),
        wrong('second', 'one parameter without a decorator takes the payload, not 2'),
        wrong('named', "a message has no arguments: @Arg, @Kwarg, @Args and @Kwargs are a task's"),
        wrong('named', 'a rest parameter cannot be bound'),
        wrong('both', 'is a @Task as well; give each a method of its own'),
        wrong('nameless', 'needs the name of a queue'),
        '@RawMessage on OnController.handle (RootTestModule): a controller cannot handle messages, as its guards would be skipped; move it to a provider',
        "Queue 'celery' has @RawMessage on 2 methods: Wrong.first (RootTestModule), Wrong.second (RootTestModule)",
      ].toSorted(),
    );
  });

  it('refuses to decorate what has no name', () => {
    expect(() => {
      class Static {
        @RawMessage('celery')
        static handle(): void {}
      }
      return Static;
    }).toThrow(/only decorate methods/);
  });

  it('consumes only the queues of its handlers where there are no tasks', async () => {
    await using running = await startApp({ providers: [Anything], options: { queues: ['fleet', 'celery'] } });
    await running.tasks.delay('elsewhere');
    await sendRaw(running.sqs, 'celery', '1');
    await emptied(running, 'celery');
    expect(running.sqs.queue('fleet')).toMatchObject({ visible: 1, inFlight: 0 });
    expect(onlyMessage(running, 'fleet').receiveCount).toBe(0);
  });

  it('warns of a queue that is not consumed', async () => {
    const options = { queues: [{ name: 'celery', consume: false }] };
    await using running = await startApp({ providers: [Anything], options });
    expect(running.log.of({ level: 'warn' })).toContainEqual(
      "@RawMessage on Anything.handle (RootTestModule): queue 'celery' has consume: false, its messages will not be handled here",
    );
  });

  it('handles nothing with worker: false, and does not warn', async () => {
    await using running = await startApp({ providers: [Anything], options: { worker: false } });
    expect(running.log.of({ level: 'warn' })).toEqual([]);
    await sendRaw(running.sqs, 'celery', '1');
    expect(onlyMessage(running, 'celery').receiveCount).toBe(0);
  });
});

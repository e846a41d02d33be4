import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import {
  AsyncResult,
  Kwarg,
  Task,
  TaskContext,
  TaskRequest,
  defineTask,
  signature,
  type TaskProducer,
} from 'nestjs-sqs-celery';
import { startApp, until, type RunningApp } from './nest.test-support.js';

interface Receipt {
  readonly number: number;
}

const ship = defineTask<{
  args: [order: { id: string }, times?: number];
  kwargs: { express?: boolean };
  result: Receipt;
}>('orders.ship', { queue: 'shipping', expires: 600 });
const ping = defineTask<{ result: string }>('ping');
const untyped = defineTask('untyped');
const empty = defineTask<{ args: [] }>('empty');
const allOptional = defineTask<{ args: [n?: number] }>('optional');
const argsOnly = defineTask<{ args: [x: number]; result: string }>('args-only');
const charge = defineTask<{ kwargs: { amount: number } }>('charge');

const requests: TaskRequest[] = [];

class OrderDto {
  id!: string;
}

@Injectable()
class Tasks {
  @Task(ship, { timeLimit: 30 })
  async ship(_order: OrderDto, _times: number = 1, @Kwarg('express') _express: boolean = false): Promise<Receipt> {
    return { number: 1 };
  }

  @Task(ping)
  ping(@TaskContext() task: TaskRequest): string {
    requests.push(task);
    return 'pong';
  }

  @Task(untyped)
  untyped(_anything: number): void {}
}

let running: RunningApp;
let tasks: TaskProducer;
beforeAll(async () => {
  running = await startApp({
    providers: [Tasks],
    options: { queues: ['celery', { name: 'shipping', consume: false }, { name: 'a.fifo', consume: false }] },
  });
  ({ tasks } = running);
});
afterAll(() => running[Symbol.asyncDispose]());
beforeEach(() => {
  requests.length = 0;
});

interface Sent {
  readonly headers: Record<string, unknown>;
  readonly properties: Record<string, unknown>;
}

/** The message that was put on a queue last, as any other client would read it. */
function lastOn(queue: string): Sent {
  const body = running.sqs.queue(queue).messages.at(-1)?.body ?? '';
  return JSON.parse(Buffer.from(body, 'base64').toString('utf8')) as Sent;
}

describe('send', () => {
  it('takes the defaults of the definition and of the task that is known here', async () => {
    const result = await tasks.send(ship, { args: [{ id: 'a' }], queue: undefined as never });
    expect(result).toBeInstanceOf(AsyncResult);
    expect(lastOn('shipping').headers).toMatchObject({
      task: 'orders.ship',
      id: result.id,
      timelimit: [30, null],
      expires: expect.stringMatching(/^\d{4}-/),
      argsrepr: `({'id': 'a'},)`,
    });
  });

  it('lets what a call says win', async () => {
    await tasks.send(ship, {
      args: [{ id: 'a' }],
      kwargs: { express: true },
      timeLimit: 5,
      taskId: 'mine',
      priority: 3,
    });
    expect(lastOn('shipping')).toMatchObject({
      headers: { id: 'mine', timelimit: [5, null] },
      properties: { priority: 3 },
    });
  });

  it('finds the queue of a task by its name', async () => {
    await tasks.delay('orders.ship', { id: 'b' });
    expect(lastOn('shipping').headers).toMatchObject({ argsrepr: `({'id': 'b'},)` });
  });

  it('passes links and ids of FIFO queues on', async () => {
    await tasks.send('any', {
      queue: 'a.fifo',
      args: ['customer'],
      groupId: ([customer]) => String(customer),
      deduplicationId: 'once',
      link: signature(ping),
    });
    const { messages } = running.sqs.queue('a.fifo');
    expect(messages.at(-1)).toMatchObject({ groupId: 'customer' });
  });

  it.each([null, undefined, 5, {}])('refuses to send %j', async (task) => {
    const what = {
      code: 'SQS_CELERY_INVALID_TASK',
      message: expect.stringMatching(/^a task is a name or a definition/),
    };
    await expect(tasks.send(task as never)).rejects.toMatchObject(what);
    await expect(tasks.delay(task as never)).rejects.toMatchObject(what);
  });

  it('gives custom headers to the handler', async () => {
    await tasks.send(ping, { headers: { tenant: 'acme' } });
    await until(() => requests.length > 0, 'ping');
    expect(requests[0]?.headers).toMatchObject({ tenant: 'acme' });
  });
});

it('is typed by definitions', () => {
  expectTypeOf(() => tasks.send(ship, { args: [{ id: 'a' }] })).returns.resolves.toEqualTypeOf<AsyncResult<Receipt>>();
  expectTypeOf(() => tasks.delay(ship, { id: 'a' }, 2)).returns.resolves.toEqualTypeOf<AsyncResult<Receipt>>();
  expectTypeOf(() => tasks.send<number>('any name', { args: [1] })).returns.resolves.toEqualTypeOf<
    AsyncResult<number>
  >();
  expectTypeOf(() => [tasks.send(ping), tasks.send(untyped, { args: [1] }), tasks.delay('x', 1)]).toBeFunction();
  expectTypeOf(() => tasks.send(charge, { kwargs: { amount: 1 } })).toBeFunction();
  expectTypeOf(() => [tasks.send(empty), tasks.send(empty, { countdown: 3 })]).toBeFunction();
  expectTypeOf(() => [tasks.send(allOptional), tasks.send(allOptional, { args: [1] })]).toBeFunction();
  expectTypeOf(() => tasks.send(argsOnly, { args: [1] })).toBeFunction();
  const wrong = (): unknown => [
    // @ts-expect-error: args are required
    tasks.send(ship),
    // @ts-expect-error: an id is a string
    tasks.send(ship, { args: [{ id: 1 }] }),
    // @ts-expect-error: not an option
    tasks.send(ping, { coutdown: 1 }),
    // @ts-expect-error: args are required
    tasks.send(argsOnly, { countdown: 3 }),
    // @ts-expect-error: a number is no text
    tasks.send(allOptional, { args: ['1'] }),
    // @ts-expect-error: kwargs are required
    tasks.send(charge),
    // @ts-expect-error: surplus argument
    tasks.delay(ping, 1),
  ];
  expect(wrong).toBeTypeOf('function');
});

it('checks handlers against definitions', () => {
  class Wrong {
    // @ts-expect-error: a number is not an order
    @Task(ship)
    first(_order: number): Receipt {
      return { number: 1 };
    }

    // @ts-expect-error: a string is not a receipt
    @Task(ship)
    result(_order: OrderDto): string {
      return '';
    }
  }
  expect(Wrong).toBeTypeOf('function');
});

import { TaskProducer, TaskRequest, type AroundTask, type AsyncResult, type SqsCeleryOptions } from 'nestjs-sqs-celery';
import { chain, signature } from 'nestjs-sqs-celery/tasks';
import { add, anything, notify, ping, ship, type Order, type Receipt } from './definitions.js';

const order: Order = { id: 'a', lines: [] };

export async function accepted(tasks: TaskProducer): Promise<void> {
  const shipped: AsyncResult<Receipt> = await tasks.send(ship, {
    args: [order, 2],
    kwargs: { express: true },
    countdown: 30,
    expires: new Date(),
    headers: { tenant: 'acme' },
    groupId: ([first]) => first.id,
  });
  const receipt: Receipt = await shipped.get();
  const sum: number = await (await tasks.send(add, { args: [receipt.number, 2] })).get();
  const pong: AsyncResult<string> = await tasks.send(ping);
  await tasks.send(ping, { countdown: 5, taskId: pong.id });
  await tasks.send(notify);
  await tasks.send(notify, { kwargs: { to: 'ada' } });
  await tasks.send(anything, { args: [1, 'two'], kwargs: { three: 3 } });
  await tasks.send('any.name', { args: [sum], kwargs: { a: 1 }, queue: 'other', priority: 3 });
  await tasks.send<number>('any.name');
  await tasks.send(chain(signature(add, { args: [1, 2] }), signature('any.name')), { countdown: 1 });

  const added: AsyncResult<number> = await tasks.delay(add, 1, 2);
  await tasks.delay(ping);
  await tasks.delay(anything, 1, 'two');
  await tasks.delay('any.name', 1, 'two', { three: 3 });
  const found: AsyncResult<number> = tasks.asyncResult(added.id, add);
  await tasks.revoke([found.id], { terminate: true });
}

export async function refused(tasks: TaskProducer): Promise<void> {
  // @ts-expect-error arguments are required
  await tasks.send(ship);
  // @ts-expect-error keyword arguments are required
  await tasks.send(ship, { args: [order] });
  // @ts-expect-error express is required
  await tasks.send(ship, { args: [order], kwargs: {} });
  // @ts-expect-error no such keyword
  await tasks.send(ship, { args: [order], kwargs: { express: true, colour: 'red' } });
  // @ts-expect-error an Order
  await tasks.send(ship, { args: ['a'], kwargs: { express: true } });
  // @ts-expect-error one argument too many
  await tasks.send(ship, { args: [order, 1, 2], kwargs: { express: true } });
  // @ts-expect-error no arguments
  await tasks.send(ping, { args: [1] });
  // @ts-expect-error no keywords
  await tasks.send(ping, { kwargs: { a: 1 } });
  // @ts-expect-error no such option
  await tasks.send(ping, { delay: 5 });
  // @ts-expect-error seconds
  await tasks.send(ping, { countdown: '5' });
  // @ts-expect-error no such option
  await tasks.send('any.name', { delay: 5 });
  // @ts-expect-error a list
  await tasks.send('any.name', { args: 1 });
  // @ts-expect-error neither name nor definition
  await tasks.send({ task: 'any.name' });
  // @ts-expect-error a number
  const wrong: AsyncResult<string> = await tasks.send(add, { args: [1, 2] });
  void wrong;

  // @ts-expect-error two numbers
  await tasks.delay(add, 1);
  // @ts-expect-error two numbers
  await tasks.delay(add, 1, '2');
  // @ts-expect-error two numbers
  await tasks.delay(add, 1, 2, 3);
  // @ts-expect-error no arguments
  await tasks.delay(ping, 'now');
  // @ts-expect-error neither name nor definition
  await tasks.delay(7);
  // @ts-expect-error a number
  const sum: AsyncResult<string> = tasks.asyncResult('id', add);
  void sum;
}

export const around: AroundTask = async (task: TaskRequest, next) => [task.id, await next()];
export const options: SqsCeleryOptions = { around: (_task, next) => next(), taskDefaults: { acksLate: false } };
// @ts-expect-error must give the promise of next
export const synchronous: AroundTask = () => 'result';
// @ts-expect-error next takes nothing
export const curried: AroundTask = (task, next) => next(task);
// @ts-expect-error no such option
export const misspelt: SqsCeleryOptions = { arround: around };

import { Injectable } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  OnTaskEvent,
  SqsCeleryCosts,
  Task,
  TaskEvents,
  type SqsRequestCount,
  type TaskEventMap,
} from 'nestjs-sqs-celery';
import { startApp, until, type RunningApp } from './nest.test-support.js';
import { startVirtualApp, startVirtualSqs, type VirtualApp } from './support/virtual-app.js';

const HOUR = 3_600_000;

/** What is logged when a connection closes. */
function summaryOf({ log }: Pick<RunningApp, 'log'>): string | undefined {
  return log.of({ level: 'log', context: 'kombu.transport.SQS' }).find((line) => line.includes('SQS requests'));
}

function byAction(counts: readonly SqsRequestCount[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { action, requests } of counts) sums[action] = (sums[action] ?? 0) + requests;
  return sums;
}

@Injectable()
class Tasks {
  done = 0;

  @Task('work')
  work(_text = ''): void {
    this.done++;
  }

  @Task('fail')
  fail(): void {
    this.done++;
    throw new Error('it fails');
  }
}

describe('the counters', () => {
  it('agree with the endpoint, and with the events', async () => {
    const told: TaskEventMap['sqsRequest'][] = [];

    @Injectable()
    class Bill {
      @OnTaskEvent('sqsRequest')
      add(request: TaskEventMap['sqsRequest']): void {
        told.push(request);
      }
    }

    const options = { queues: ['celery', 'reports'], waitTimeSeconds: 1 };
    const running = await startApp({ providers: [Tasks, Bill], options });
    const { sqs, tasks, app } = running;
    const big = 'x'.repeat(100 * 1024);
    await tasks.send('work', { args: [big] });
    await Promise.all(Array.from({ length: 25 }, () => tasks.send('work')));
    await tasks.send('fail', { queue: 'reports' });
    await until(() => app.get(Tasks).done === 27, 'all tasks');
    const costs = app.get(SqsCeleryCosts);
    const counts = sqs.requestCounts.bind(sqs);
    await app.close();

    expect(byAction(costs.counts())).toEqual(counts());
    const of = (queue: string, action: string): SqsRequestCount | undefined =>
      costs.counts().find((count) => count.queue === queue && count.action === action);
    expect(of('celery', 'SendMessageBatch')).toMatchObject({ connection: 'default', messages: 26 });
    expect(of('reports', 'SendMessageBatch')).toMatchObject({ requests: 1, billed: 1, messages: 1 });
    expect(of('celery', 'ReceiveMessage')).toMatchObject({
      messages: 26,
      bytes: of('celery', 'SendMessageBatch')?.bytes,
    });
    const sent = of('celery', 'SendMessageBatch');
    // Base64 makes two of the hundred kilobytes' two pieces three.
    expect(sent?.billed).toBe((sent?.requests ?? 0) + 2);

    expect(told).toHaveLength(Object.values(counts()).reduce((sum, count) => sum + count, 0));
    const billed = told.reduce((sum, request) => sum + request.billed, 0);
    expect(costs.estimate()).toMatchObject({ tasks: 27, billed });
    expect(summaryOf(running)).toContain(`SQS requests: ${billed} billed\n`);
    await sqs.close();
  });

  it('stand for nothing before there is a request', async () => {
    await using running = await startVirtualApp({
      options: { queues: [{ name: 'celery', url: 'https://sqs.us-east-1.amazonaws.com/000000000000/celery' }] },
    });
    const costs = running.app.get(SqsCeleryCosts);
    expect(costs.counts()).toEqual([]);
    expect(costs.estimate()).toEqual({
      tasks: 0,
      billed: 0,
      empty: 0,
      perMillionTasks: undefined,
      emptyPerMillionTasks: undefined,
      perIdleMonth: 0,
    });
    await running.app.close();
    expect(summaryOf(running)).toBeUndefined();
  });
});

describe('a month without tasks', () => {
  async function anHour(running: VirtualApp): Promise<number> {
    running.sqs.resetRequestCounts();
    await running.clock.advance(HOUR);
    const counts = running.sqs.requestCounts();
    return Object.values(counts).reduce((sum, count) => sum + count, 0);
  }

  const estimated = ({ app }: VirtualApp): number | undefined => app.get(SqsCeleryCosts).estimate().perIdleMonth;

  it('is 730 hours of what an idle worker really polls', async () => {
    const queues = ['celery', { name: 'reports', waitTimeSeconds: 10 }, { name: 'only-sent-to', consume: false }];
    await using running = await startVirtualApp({ providers: [Tasks], options: { queues } });
    await running.clock.settle();
    // An hour begins and ends in the midst of a poll.
    expect(Math.abs((await anHour(running)) - 180 - 360)).toBeLessThanOrEqual(2);
    expect(estimated(running)).toBe(730 * (180 + 360));
  });

  it('counts dead-letter queues that are read', async () => {
    const options = { deadLetterResults: true, resultBackend: 'cache+memory://' };
    await using running = await startVirtualApp({ providers: [Tasks], options });
    await running.clock.advance(10_000);
    expect(Math.abs((await anHour(running)) - 180 - 60)).toBeLessThanOrEqual(2);
    expect(estimated(running)).toBe(730 * (180 + 60));
  });
});

it('counts connections apart', async () => {
  await using endpoint = await startVirtualSqs();
  await using _worker = await startVirtualApp({ providers: [Tasks], on: endpoint });
  await using producer = await startVirtualApp({ options: { name: 'eu', worker: false }, on: endpoint });
  await producer.tasks.send('work');
  await endpoint.clock.settle();
  await producer.app.close();
  expect(summaryOf(producer)).toMatch(
    /^\nSQS requests of connection eu: \d+ billed\n\.> celery +.*SendMessageBatch 1\n$/,
  );
  const costs = producer.app.get(SqsCeleryCosts);
  expect(new Set(costs.counts().map(({ connection }) => connection))).toEqual(new Set(['eu']));
  expect(costs.estimate('eu')).toMatchObject({ tasks: 0, perIdleMonth: 0 });
  expect(() => costs.estimate()).toThrow("no connection 'default'");
});

it('tells listeners that come and go, whatever they throw', async () => {
  await using running = await startVirtualApp({ providers: [Tasks] });
  const events = running.app.get(TaskEvents);
  const actions: string[] = [];
  const end = events.on('sqsRequest', ({ action, queue }) => {
    actions.push(`${action} ${queue}`);
    throw new Error('no metrics today');
  });
  await running.tasks.send('work');
  await running.clock.settle();
  expect(actions).toContain('SendMessageBatch celery');
  expect(running.app.get(Tasks).done).toBe(1);
  end();
  const { length } = actions;
  await running.clock.advance(60_000);
  expect(actions).toHaveLength(length);
  expect(running.log.text()).toContain('A listener of the task event sqsRequest threw Error: no metrics today');
});

it('refuses a listener that wants the requests of a task', async () => {
  @Injectable()
  class Bill {
    @OnTaskEvent('sqsRequest', { task: 'work' })
    add(_request: TaskEventMap['sqsRequest']): void {}
  }

  await expect(startVirtualApp({ providers: [Tasks, Bill] })).rejects.toThrow(
    "Bill.add (RootTestModule): 'sqsRequest' is about no task: leave 'task' out",
  );
});

import { Injectable } from '@nestjs/common';
import { Retry, Task, TaskContext, TaskRequest } from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { expect, it } from 'vitest';
import { startApp, until } from './nest.test-support.js';
import { startVirtualApp, startVirtualSqs } from './support/virtual-app.js';

it('a FIFO task that never ran has all of its retries left, whoever held it before', async () => {
  const runs: string[] = [];
  const counted: string[] = [];
  @Injectable()
  class Tasks {
    @Task('step')
    step(name: string, @TaskContext() task: TaskRequest): void {
      runs.push(name);
      const ran = runs.filter((one) => one === name).length;
      if (name === 'a' && ran <= 3) throw new Retry({ countdown: ran === 3 ? 2 : 0 });
      if (name === 'b' && ran <= 2) throw new Retry({ countdown: 0 });
      counted.push(`${name} ${task.retries}`);
    }
  }
  await using sqs = await LocalSqs.start();
  sqs.createQueue('celery.fifo');
  const options = { queues: ['celery.fifo'], poison: 'block' as const, waitTimeSeconds: 1 };
  {
    await using first = await startApp({ sqs, options, providers: [Tasks] });
    await first.tasks.send('step', { args: ['a'], groupId: 'g' });
    await first.tasks.send('step', { args: ['b'], groupId: 'g' });
    await until(() => runs.length === 3);
  }
  await using second = await startApp({ sqs, options, providers: [Tasks] });
  await until(() => sqs.queue('celery.fifo').messages.length === 0);
  expect(counted).toContain('b 2');
  expect(second.log.text()).not.toContain('raised');
});

it('tasks behind others that use their retries spend no receives', async () => {
  const runs: string[] = [];
  await using endpoint = await startVirtualSqs();
  const { sqs, clock } = endpoint;

  @Injectable()
  class Tasks {
    @Task('step')
    step(name: string, retries: number, @TaskContext() task: TaskRequest): void {
      runs.push(`${name} ${task.retries} ${task.receiveCount}`);
      if (task.retries < retries) throw new Retry({ countdown: 1 });
    }
  }
  sqs.createQueue('dead.fifo');
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: sqs.queue('dead.fifo').arn, maxReceiveCount: 3 });
  sqs.createQueue('celery.fifo', { attributes: { RedrivePolicy } });
  {
    await using sender = await startVirtualApp({ on: endpoint, options: { queues: ['celery.fifo'], worker: false } });
    for (const [name, retries] of Object.entries({ a: 3, b: 3, c: 3, d: 0, e: 0 })) {
      await sender.tasks.send('step', { args: [name, retries], groupId: 'g' });
    }
  }
  await using app = await startVirtualApp({ on: endpoint, options: { queues: ['celery.fifo'] }, providers: [Tasks] });
  await clock.advance(60_000);
  const thrice = (name: string): string[] => [0, 1, 2, 3].map((retries) => `${name} ${retries} 1`);
  expect(runs).toEqual([...thrice('a'), ...thrice('b'), ...thrice('c'), 'd 0 1', 'e 0 1']);
  expect(app.log.text()).not.toContain('raised');
  expect(sqs.queue('dead.fifo').messages).toEqual([]);
});

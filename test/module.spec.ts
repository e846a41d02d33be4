import { Injectable } from '@nestjs/common';
import { expect, it } from 'vitest';
import { Kwarg, Task, TaskContext, TaskRequest } from 'nestjs-sqs-celery';
import { startApp, until } from './nest.test-support.js';

@Injectable()
class Greetings {
  readonly seen: unknown[] = [];

  @Task('greet')
  greet(name: string, @Kwarg('times') times: number = 1, @TaskContext() task: TaskRequest): string {
    this.seen.push([name, times, task.id]);
    return `Hello ${name}`;
  }
}

it('sends a task and runs it', async () => {
  await using running = await startApp({ providers: [Greetings] });
  const sent = await running.tasks.send('greet', { args: ['Ada'], kwargs: { times: 2 } });
  const { seen } = running.app.get(Greetings);
  await until(() => seen.length === 1, 'greet');
  expect(seen).toEqual([['Ada', 2, sent.id]]);
  await until(() => running.log.text().includes('succeeded'), 'the log line');
  console.log(running.log.lines.map(l=>l.level+' ['+l.context+'] '+l.message).join('\n'));
});

import { Injectable } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  InvalidConfigurationError,
  Kwarg,
  Task,
  TaskContext,
  TaskRequest,
  chain,
  defineTask,
  group,
  signature,
  type SqsCeleryOptions,
  type TaskProducer,
  type TaskRoutes,
} from 'nestjs-sqs-celery';
import { startApp, until } from './nest.test-support.js';

const queues = ['celery', 'video', 'urgent', 'own', 'defaults', 'called'];

@Injectable()
class Tasks {
  readonly ran: string[] = [];

  @Task('video.encode')
  encode(@TaskContext() task: TaskRequest): void {
    this.#note(task);
  }

  @Task('video.own', { queue: 'own' })
  own(@TaskContext() task: TaskRequest): void {
    this.#note(task);
  }

  @Task('plain')
  plain(@TaskContext() task: TaskRequest, @Kwarg('tier') _tier: string = 'none'): void {
    this.#note(task);
  }

  #note({ task, queue, priority }: TaskRequest): void {
    this.ran.push(`${task} on ${queue} with ${priority}`);
  }
}

/** Sends, and tells what ran where. */
async function runs(
  options: SqsCeleryOptions,
  count: number,
  send: (tasks: TaskProducer) => Promise<unknown>,
): Promise<string[]> {
  await using running = await startApp({ providers: [Tasks], options: { queues, ...options } });
  const { ran } = running.app.get(Tasks);
  await send(running.tasks);
  await until(() => ran.length === count, 'the tasks');
  return ran.toSorted();
}

const taskRoutes: TaskRoutes = [
  [
    [/^video\.enc/, { queue: 'video', priority: 3 }],
    ['video.*', 'celery'],
  ],
  (_name, _args, { tier }) => (tier === 'gold' ? { queue: 'urgent', priority: 9 } : undefined),
];

describe('taskRoutes', () => {
  it('decides where a task goes whose call and whose own options do not say it', async () => {
    const ran = await runs({ taskRoutes, taskDefaults: { queue: 'defaults' } }, 6, async (tasks) => {
      await tasks.delay('video.encode');
      await tasks.send('video.encode', { queue: 'called', priority: 1 });
      await tasks.delay('video.own');
      await tasks.delay('plain');
      await tasks.send('plain', { kwargs: { tier: 'gold' } });
      await tasks.delay(defineTask<{ args: [] }>('plain', { queue: 'own' }));
    });
    expect(ran).toEqual([
      'plain on defaults with 0',
      'plain on own with 0',
      'plain on urgent with 9',
      'video.encode on called with 1',
      'video.encode on video with 3',
      'video.own on own with 0',
    ]);
  });

  it('decides for every task of a workflow, in the sender and in the worker', async () => {
    const encode = signature('video.encode', { immutable: true });
    const plain = signature('plain', { immutable: true });
    const ran = await runs({ taskRoutes }, 4, (tasks) => tasks.send(chain(plain, encode, group(encode, plain))));
    expect(ran).toEqual([
      'plain on celery with 0',
      'plain on celery with 0',
      'video.encode on video with 3',
      'video.encode on video with 3',
    ]);
  });

  it('comes before priorityQueues, in the sender and in the worker', async () => {
    const plain = signature('plain', { immutable: true });
    const steps = { taskRoutes: { plain: { priority: 7 } }, priorityQueues: { celery: { 5: 'urgent' } } };
    const ran = await runs(steps, 2, (tasks) => tasks.send(chain(plain, plain)));
    expect(ran).toEqual(['plain on urgent with 7', 'plain on urgent with 7']);
  });

  it('refuses a call that a function sends where nothing is listed, or answers with what is no route', async () => {
    const options: SqsCeleryOptions = {
      taskRoutes: (name) => (name === 'a' ? 'nowhere' : ({ exchange: 'x' } as never)),
    };
    await using running = await startApp({ options });
    await expect(running.tasks.delay('a')).rejects.toMatchObject({ code: 'SQS_CELERY_UNDEFINED_QUEUE' });
    await expect(running.tasks.delay('b')).rejects.toMatchObject({ code: 'SQS_CELERY_INVALID_TASK' });
  });

  it('is checked at the start', async () => {
    const options = {
      queues: ['celery'],
      taskRoutes: [{ 'a.*': 'nowhere', b: { queue: 'neither' } }, [[/^c/, 'celery']]],
    } satisfies SqsCeleryOptions;
    const problems = await startApp({ options }).catch((error: InvalidConfigurationError) => error.problems);
    expect(problems).toEqual([
      "taskRoutes 'a.*' names the queue 'nowhere', which is not one of queues (celery)",
      "taskRoutes 'b' names the queue 'neither', which is not one of queues (celery)",
    ]);
    await expect(startApp({ options: { taskRoutes: { a: 5 } as never } })).rejects.toThrow(/taskRoutes 'a' must be/);
  });
});

describe('the start warns', () => {
  const warnings = async (options: SqsCeleryOptions): Promise<string[]> => {
    await using running = await startApp({ providers: [Tasks], options });
    return running.log.of({ level: 'warn' }).filter((line) => /^(Task|Queue \S+ is consumed)/.test(line));
  };

  it('of tasks that are put where nobody here receives them, and of queues on which nobody here puts any', async () => {
    const own = { name: 'own', consume: false };
    expect(
      await warnings({ queues: ['celery', own, 'unused', 'video', 'high'], taskRoutes: { 'video.e*': 'video' } }),
    ).toEqual([
      expect.stringMatching(/^Task video\.own is put on queue own, which is not consumed here/),
      expect.stringMatching(/^Queue unused is consumed, but no task/),
      expect.stringMatching(/^Queue high is consumed, but no task/),
    ]);
  });

  it('of nothing it cannot know', async () => {
    const priorityQueues = { celery: { 5: 'high' } };
    expect(await warnings({ queues: ['celery', 'own', 'high'], priorityQueues })).toEqual([]);
    expect(await warnings({ queues: ['celery', 'own', 'unused'], taskRoutes: () => 'unused' })).toEqual([]);
  });
});

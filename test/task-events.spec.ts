import { Controller, Injectable, Module, Scope, type OnModuleDestroy } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  Ignore,
  InjectTaskEvents,
  InvalidConfigurationError,
  InvalidTaskError,
  MemoryRevocationStore,
  OnTaskEvent,
  Reject,
  Retry,
  SendFailedError,
  SqsCeleryModule,
  Task,
  TaskContext,
  TaskEvents,
  TaskProducer,
  TaskRequest,
  chain,
  defineTask,
  signature,
  type TaskEventMap,
} from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { localOptions, startApp, until, type AppSetUp } from './nest.test-support.js';
import { outcomeOf } from './support/task-outcome.js';
import { startVirtualApp } from './support/virtual-app.js';

let sqs: LocalSqs;
const told: string[] = [];
beforeEach(async () => {
  told.length = 0;
  sqs = await LocalSqs.start();
});
afterEach(() => sqs.close());

const start = (setUp: AppSetUp) => startApp({ sqs, ...setUp });

const work = defineTask<{ args: [how: string]; result: string }>('work');

@Injectable()
class Work {
  @Task(work, { defaultRetryDelay: 1 })
  run(how: string, @TaskContext() task: TaskRequest): string {
    told.push(`run ${how}`);
    if (how === 'fail') throw new Error('no');
    if (how === 'ignore') throw new Ignore();
    if (how === 'reject') throw new Reject({ reason: 'not ours' });
    if (how === 'retry' && task.retries === 0) throw new Retry({ countdown: 0 });
    return how;
  }

  @Task('other')
  other(): void {
    told.push('run other');
  }
}

describe('@OnTaskEvent', () => {
  @Injectable()
  class Listeners {
    readonly name = 'listeners';

    @OnTaskEvent('received')
    @OnTaskEvent('started')
    begun({ request }: TaskEventMap['received']): void {
      told.push(`${this.name}: begun ${String(request.args[0])}`);
    }

    @OnTaskEvent('succeeded', { task: work })
    succeeded({ request, result, runtimeSeconds }: TaskEventMap['succeeded']): void {
      told.push(`succeeded ${request.task} ${String(result)} ${typeof runtimeSeconds}`);
    }

    @OnTaskEvent('failed', { task: 'work' })
    failed({ error, expected }: TaskEventMap['failed']): void {
      told.push(`failed ${String(error)} ${expected}`);
    }

    @OnTaskEvent('retried')
    retried({ request, delaySeconds }: TaskEventMap['retried']): void {
      told.push(`retried ${request.retries} in ${delaySeconds}`);
    }

    @OnTaskEvent('ignored')
    ignored(): void {
      told.push('ignored');
    }

    @OnTaskEvent('rejected')
    rejected({ reason, requeue }: TaskEventMap['rejected']): void {
      told.push(`rejected ${reason} ${requeue}`);
    }
  }

  it.each([
    ['well', ['succeeded work well number']],
    ['fail', ['failed Error: no false']],
    ['ignore', ['ignored']],
    ['reject', ['rejected not ours false']],
  ])('tells what becomes of a task: %s', async (how, ends) => {
    await using running = await start({ providers: [Work, Listeners] });
    await running.tasks.send(work, { args: [how] });
    const begun = `listeners: begun ${how}`;
    await until(() => told.length >= 3 + ends.length, `${how}, after ${running.log.text()}`);
    expect(told).toEqual([begun, begun, `run ${how}`, ...ends]);
  });

  it('tells of retries, and of the attempt that follows', async () => {
    await using running = await start({ providers: [Work, Listeners] });
    await running.tasks.send(work, { args: ['retry'] });
    await until(() => told.includes('succeeded work retry number'), 'the second attempt');
    expect(told.filter((line) => !line.startsWith('listeners'))).toEqual([
      'run retry',
      'retried 0 in 0',
      'run retry',
      'succeeded work retry number',
    ]);
  });

  it('tells of the tasks it names, and no others', async () => {
    await using running = await start({ providers: [Work, Listeners] });
    expect(await outcomeOf(running, 'other')).toBe('succeeded: None');
    await outcomeOf(running, 'work', { args: ['last'] });
    await until(() => told.some((line) => line.startsWith('succeeded')), 'the listener');
    expect(told.filter((line) => line.startsWith('succeeded'))).toEqual(['succeeded work last number']);
  });

  it('tells of tasks that are not run', async () => {
    @Injectable()
    class Unrun {
      @OnTaskEvent('expired')
      expired({ request }: TaskEventMap['expired']): void {
        told.push(`expired ${request.id}`);
      }

      @OnTaskEvent('revoked')
      revoked({ request, terminated }: TaskEventMap['revoked']): void {
        told.push(`revoked ${request.id} ${terminated}`);
      }
    }
    const options = { revocations: new MemoryRevocationStore() };
    await using running = await start({ providers: [Work, Unrun], options });
    await running.tasks.revoke('r');
    await running.tasks.send('other', { taskId: 'e', expires: new Date(Date.now() - 1000) });
    await running.tasks.send('other', { taskId: 'r' });
    await until(() => told.length === 2, 'both');
    expect(told.toSorted()).toEqual(['expired e', 'revoked r false']);
  });

  it('tells of the tasks of its connection', async () => {
    @Injectable()
    class Everywhere {
      @Task('there', { connection: 'eu' })
      there(): void {}

      @OnTaskEvent('succeeded')
      here({ request }: TaskEventMap['succeeded']): void {
        told.push(`here ${request.task}`);
      }

      @OnTaskEvent('succeeded', { connection: 'eu' })
      europe({ request }: TaskEventMap['succeeded']): void {
        told.push(`eu ${request.task}`);
      }
    }
    await using eu = await LocalSqs.start();
    const imports = [SqsCeleryModule.forRoot(localOptions(eu, { name: 'eu' }))];
    await using running = await start({ imports, providers: [Work, Everywhere] });
    await running.app.get<TaskProducer>('TaskProducer:eu').delay('there');
    await until(() => told.includes('eu there'), 'there');
    await running.tasks.delay('other');
    await until(() => told.includes('here other'), 'here');
    expect(told.toSorted()).toEqual(['eu there', 'here other', 'run other']);
  });

  it('refuses what cannot listen, all at once', async () => {
    @Controller()
    class Desk {
      @OnTaskEvent('failed')
      failed(): void {}
    }
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest {
      @OnTaskEvent('failed')
      failed(): void {}
    }
    @Injectable()
    class Wrong {
      @OnTaskEvent('sucess' as 'succeeded')
      typo(): void {}

      @OnTaskEvent('drained', { task: 'work' })
      drained(): void {}

      @OnTaskEvent('failed', { connection: 'mars', task: '' })
      mars(): void {}

      @OnTaskEvent('failed')
      @Task('both')
      both(): void {}
    }
    const error: unknown = await start({ controllers: [Desk], providers: [PerRequest, Wrong] }).catch(
      (refused: unknown) => refused,
    );
    expect(error).toBeInstanceOf(InvalidConfigurationError);
    expect((error as InvalidConfigurationError).problems).toEqual([
      '@OnTaskEvent on Desk.failed (RootTestModule): a controller answers requests; move the method to a provider',
      '@OnTaskEvent on PerRequest.failed (RootTestModule): its provider is made for each request or each consumer; events belong to neither',
      expect.stringMatching(
        /^@OnTaskEvent on Wrong\.typo .*: 'sucess' is no task event; there are: received, started, /,
      ),
      "@OnTaskEvent on Wrong.drained (RootTestModule): 'drained' is about no task: leave 'task' out",
      "@OnTaskEvent on Wrong.mars (RootTestModule): 'task' must be the name of a task or a definition, got ''",
      "@OnTaskEvent on Wrong.mars (RootTestModule): its connection is 'mars', which no SqsCeleryModule.forRoot makes; there are: 'default'",
      '@OnTaskEvent on Wrong.both (RootTestModule): is a @Task as well; give each a method of its own',
    ]);
  });

  it('decorates methods that take the payload of its event, and nothing else', () => {
    class Typed {
      // @ts-expect-error: `retried` has a delay, `failed` has none
      @OnTaskEvent('failed')
      wrong({ delaySeconds }: TaskEventMap['retried']): void {
        told.push(`${delaySeconds}`);
      }

      // @ts-expect-error: no such event
      @OnTaskEvent('finished')
      unknown(): void {}

      @OnTaskEvent('failed')
      async right({ expected }: TaskEventMap['failed']): Promise<void> {
        told.push(`${expected}`);
      }
    }
    expect(new Typed()).toBeDefined();
    expect(() => Reflect.apply(OnTaskEvent('failed'), undefined, [Typed, 'prototype'])).toThrow(TypeError);
  });
});

describe('TaskEvents', () => {
  it('can be injected, and ends what was begun', async () => {
    @Injectable()
    class Watch {
      constructor(
        readonly events: TaskEvents,
        @InjectTaskEvents() readonly same: TaskEvents,
      ) {}
    }
    await using running = await start({ providers: [Work, Watch] });
    const { events, same } = running.app.get(Watch);
    expect(events).toBe(same);
    const end = events.on('succeeded', ({ result }) => told.push(`first ${String(result)}`), { task: work });
    events.on('succeeded', () => told.push('second'));
    await outcomeOf(running, 'work', { args: ['a'] });
    end();
    end();
    await outcomeOf(running, 'work', { args: ['b'] });
    await until(() => told.filter((line) => line === 'second').length === 2, 'both');
    expect(told).toEqual(['run a', 'first a', 'second', 'run b', 'second']);
    expect(() => events.on('finished' as 'failed', () => undefined)).toThrow(
      /'finished' is no task event; there are: received, /,
    );
  });

  it('logs what listeners throw and reject with, and disturbs nothing', async () => {
    await using running = await start({ providers: [Work] });
    const events = running.app.get(TaskEvents);
    for (const event of [
      'received',
      'started',
      'succeeded',
      'taskPrerun',
      'taskPostrun',
      'afterTaskPublish',
    ] as const) {
      events.on(event, () => {
        throw new Error(`${event} listener`);
      });
      events.on(event, () => Promise.reject(new Error(`${event} promise`)));
    }
    expect(await outcomeOf(running, 'work', { args: ['well'] })).toBe("succeeded: 'well'");
    const errors = (): string[] => running.log.of({ level: 'error' });
    await until(() => errors().length === 12, 'all errors');
    expect(errors()).toContain('A listener of the task event succeeded threw Error: succeeded listener');
    expect(errors()).toContain('A listener of the task event taskPrerun threw Error: taskPrerun promise');
    await until(() => sqs.queue('celery').messages.length === 0, 'the delete');
  });
});

describe('shutdown', () => {
  it('awaits listeners before what they need is closed, and tells at last what the drain came to', async () => {
    let release = (): void => {};
    const opened = new Promise<void>((resolve) => (release = resolve));
    @Injectable()
    class Database implements OnModuleDestroy {
      onModuleDestroy(): void {
        told.push('closed');
      }
    }
    @Module({ providers: [Database], exports: [Database] })
    class DatabaseModule {}
    @Injectable()
    class Audit {
      constructor(readonly database: Database) {}

      @OnTaskEvent('succeeded')
      async succeeded(): Promise<void> {
        told.push('audit begins');
        await opened;
        told.push('audit ends');
      }

      @OnTaskEvent('drained')
      async drained({ released, aborted, unconfirmed, counts }: TaskEventMap['drained']): Promise<void> {
        told.push(JSON.stringify({ released, aborted, unconfirmed, succeeded: counts.succeeded }));
        release();
      }
    }
    const running = await start({ imports: [DatabaseModule], providers: [Work, Audit] });
    await running.tasks.delay('other');
    await until(() => told.includes('audit begins'), 'the listener');
    await running[Symbol.asyncDispose]();
    expect(told).toEqual([
      'run other',
      'audit begins',
      '{"released":0,"aborted":0,"unconfirmed":0,"succeeded":1}',
      'audit ends',
      'closed',
    ]);
  });

  it('does not wait for ever', async () => {
    const running = await startVirtualApp({ providers: [Work] });
    running.app.get(TaskEvents).on('succeeded', () => new Promise(() => told.push('never ends')));
    await running.tasks.delay('other');
    await until(() => told.includes('never ends'), 'the listener');
    await running[Symbol.asyncDispose]();
    expect(running.log.of({ level: 'warn' })).toContain(
      'Listeners of task events had not ended after 2 s and are not waited for: 1.',
    );
  });

  it('says what was cut off', async () => {
    @Injectable()
    class Endless {
      @Task('endless')
      async run(): Promise<void> {
        told.push('begun');
        await new Promise(() => {});
      }
    }
    const running = await start({ providers: [Endless], options: { shutdownTimeoutMs: 50 } });
    running.app.get(TaskEvents).on('drained', ({ aborted }) => told.push(`aborted ${aborted}`));
    await running.tasks.delay('endless');
    await until(() => told.includes('begun'), 'the task');
    await running[Symbol.asyncDispose]();
    expect(told).toEqual(['begun', 'aborted 1']);
  });
});

describe('taskPrerun and taskPostrun', () => {
  @Injectable()
  class Around {
    @OnTaskEvent('taskPrerun')
    async before({ request }: TaskEventMap['taskPrerun']): Promise<void> {
      await new Promise((resolve) => setImmediate(resolve));
      told.push(`prerun ${String(request.args[0])} ${TaskRequest.current() === request}`);
    }

    @OnTaskEvent('taskPostrun')
    async after({ request, state, result, error }: TaskEventMap['taskPostrun']): Promise<void> {
      await new Promise((resolve) => setImmediate(resolve));
      told.push(`postrun ${state} ${JSON.stringify(result)} ${String(error)} ${TaskRequest.current() === request}`);
    }

    @OnTaskEvent('succeeded')
    succeeded(): void {
      told.push('succeeded');
    }
  }

  it.each([
    ['well', 'postrun SUCCESS "well" undefined true'],
    ['fail', 'postrun FAILURE undefined Error: no true'],
    ['ignore', 'postrun IGNORED undefined undefined true'],
    ['reject', expect.stringMatching(/^postrun REJECTED undefined .*not ours true$/)],
    ['retry', expect.stringMatching(/^postrun RETRY undefined /)],
  ])('surround the handler, which waits for them: %s', async (how, postrun) => {
    await using running = await start({ providers: [Work, Around] });
    await running.tasks.send(work, { args: [how] });
    const after = how === 'well' ? ['succeeded'] : [];
    await until(() => told.length >= 3 + after.length, how);
    expect(told.slice(0, 3 + after.length)).toEqual([`prerun ${how} true`, `run ${how}`, postrun, ...after]);
  });

  it('come in pairs where a time limit ends the task', async () => {
    @Injectable()
    class Slow {
      @Task('slow', { timeLimit: 0.05 })
      async run(): Promise<void> {
        await new Promise(() => {});
      }
    }
    const running = await start({ providers: [Slow, Around], options: { shutdownTimeoutMs: 0 } });
    await running.tasks.delay('slow');
    await until(() => told.length === 2, 'both');
    expect(told[1]).toMatch(/^postrun FAILURE undefined TimeLimitExceeded/);
    await running[Symbol.asyncDispose]();
  });
});

describe('beforeTaskPublish and afterTaskPublish', () => {
  @Injectable()
  class Steps {
    @Task('step')
    step(_previous: unknown, @TaskContext() task: TaskRequest): void {
      told.push(`step ${task.retries} traced ${String(task.headers['traceparent'])}`);
      if (task.retries === 0) throw new Retry({ countdown: 0 });
    }
  }

  it('give every message its headers: calls, retries, and the steps of workflows', async () => {
    await using running = await start({ providers: [Work, Steps] });
    const events = running.app.get(TaskEvents);
    let sent = 0;
    events.on('beforeTaskPublish', async ({ headers, task, retries }) => {
      await new Promise((resolve) => setImmediate(resolve));
      headers['traceparent'] = `${task} ${retries} ${++sent}`;
    });
    events.on('afterTaskPublish', ({ headers, queue }) =>
      told.push(`sent ${String(headers['traceparent'])} to ${queue}`),
    );
    await running.tasks.send(chain(signature('work', { args: ['a'] }), signature('step')));
    await until(() => told.length === 6, 'the workflow');
    expect(told.toSorted()).toEqual(
      [
        'run a',
        'sent step 0 2 to celery',
        'sent step 1 3 to celery',
        'sent work 0 1 to celery',
        'step 0 traced step 0 2',
        'step 1 traced step 1 3',
      ].toSorted(),
    );
  });

  it('refuse a send, and one that would end a Python worker', async () => {
    await using running = await start({ providers: [Work] });
    const events = running.app.get(TaskEvents);
    const end = events.on('beforeTaskPublish', () => Promise.reject(new Error('over quota')), { task: work });
    events.on('afterTaskPublish', ({ task }) => told.push(`sent ${task}`));
    await expect(running.tasks.send(work, { args: ['a'] })).rejects.toThrow('over quota');
    await running.tasks.delay('elsewhere');
    end();
    events.on('beforeTaskPublish', ({ headers }) => (headers['id'] = 'mine'));
    const refused = running.tasks.send(work, { args: ['a'] });
    await expect(refused).rejects.toThrow(InvalidTaskError);
    await expect(refused).rejects.toThrow("the header 'id', which is Celery's own");
    expect(told).toEqual(['sent elsewhere']);
  });

  it('are not told of what SQS did not take', async () => {
    await using running = await start({ options: { queues: ['celery'] } });
    const events = running.app.get(TaskEvents);
    events.on('beforeTaskPublish', () => told.push('before'));
    events.on('afterTaskPublish', () => told.push('after'));
    sqs.fail({ how: 'error', action: 'SendMessageBatch', code: 'AccessDenied', status: 403 });
    await expect(running.tasks.delay('elsewhere')).rejects.toThrow(SendFailedError);
    expect(told).toEqual(['before']);
  });

  it('leave a retry that they refuse on its queue', async () => {
    await using running = await start({ providers: [Work] });
    running.app.get(TaskEvents).on('beforeTaskPublish', ({ retries }) => {
      if (retries > 0) throw new Error('over quota');
    });
    await running.tasks.send(work, { args: ['retry'] });
    await until(() => running.log.text().includes('could not be settled'), 'the refusal');
    expect(sqs.queue('celery').messages).toHaveLength(1);
  });
});

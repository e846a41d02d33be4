import { Injectable, Module, ParseIntPipe, UseGuards, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  Arg,
  DateTime,
  Ignore,
  Retry,
  SqsCeleryModule,
  Task,
  TaskContext,
  TaskRequest,
  defineTask,
} from 'nestjs-sqs-celery';
import { SqsCeleryTesting, createTaskRequest } from 'nestjs-sqs-celery/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordingLogger } from './nest.test-support.js';

const half = defineTask<{ args: [number: string]; kwargs: { tenant?: string }; result: number }>('half');

class TenantGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return TaskRequest.from(context)?.headers['tenant'] !== 'nobody';
  }
}

@Injectable()
class Work {
  readonly current: (TaskRequest | undefined)[] = [];

  @UseGuards(TenantGuard)
  @Task(half.name)
  half(@Arg('number', ParseIntPipe) number: number): number {
    return number / 2;
  }

  @Task('echo', { maxRetries: 7 })
  echo(value: unknown, @TaskContext() task: TaskRequest): unknown {
    this.current.push(TaskRequest.current());
    return { value, retries: task.retries, maxRetries: task.maxRetries, queue: task.queue };
  }

  @Task('throw')
  throw(what: string): never {
    if (what === 'retry') throw new Retry({ countdown: 1 });
    if (what === 'ignore') throw new Ignore();
    throw new RangeError(what);
  }

  async progress(task: TaskRequest): Promise<string> {
    await task.updateState('PROGRESS', { done: 1 });
    return `${task.task} ${task.id} ${String(task.isLastAttempt)}`;
  }
}

@Module({ imports: [SqsCeleryModule.forRoot()], providers: [Work] })
class AppModule {}

describe('runTask', () => {
  let sqs: SqsCeleryTesting;
  let app: TestingModule;
  beforeEach(async () => {
    sqs = await SqsCeleryTesting.start();
    app = await sqs
      .attach(Test.createTestingModule({ imports: [AppModule] }).setLogger(new RecordingLogger()))
      .compile();
    await app.init();
  });
  afterEach(async () => {
    await app.close();
    await sqs.close();
  });

  it('runs a handler through pipes and guards', async () => {
    const result: number = await sqs.runTask(half, { args: ['14'] });
    expect(result).toBe(7);
    await expect(sqs.runTask(half, { args: ['x'] })).rejects.toMatchObject({ status: 400 });
    await expect(sqs.runTask(half, { args: ['14'], headers: { tenant: 'nobody' } })).rejects.toMatchObject({
      status: 403,
    });
    expect(sqs.sentTasks()).toEqual([]);
    expect(sqs.local.requestCounts()).not.toHaveProperty('SendMessageBatch');
  });

  it('gives the handler its arguments as a worker would, and the run that is asked for', async () => {
    const { value, ...rest } = await sqs.runTask<{ value: unknown }>('echo', {
      args: [new Date(0)],
      retries: 2,
      queue: 'reports',
    });
    expect(value).toBeInstanceOf(DateTime);
    expect(rest).toEqual({ retries: 2, maxRetries: 7, queue: 'reports' });
    expect(app.get(Work, { strict: false }).current[0]?.task).toBe('echo');
  });

  it('takes the arguments of the definition', async () => {
    // @ts-expect-error the argument is a text
    expect(await sqs.runTask(half, { args: [14] })).toBe(7);
    // @ts-expect-error there is no such keyword
    await expect(sqs.runTask(half, { args: ['14'], kwargs: { tenants: 'acme' } })).rejects.toThrow(/tenants/);
  });

  it('throws what the handler throws', async () => {
    await expect(sqs.runTask('throw', { args: ['too far'] })).rejects.toThrow(new RangeError('too far'));
    await expect(sqs.runTask('throw', { args: ['retry'] })).rejects.toBeInstanceOf(Retry);
    await expect(sqs.runTask('throw', { args: ['ignore'] })).rejects.toBeInstanceOf(Ignore);
    await expect(sqs.runTask('nobody.has')).rejects.toMatchObject({ name: 'NotRegistered' });
    await expect(sqs.runTask('echo', { args: [1], connection: 'eu' })).rejects.toMatchObject({ name: 'NotRegistered' });
  });
});

describe('createTaskRequest', () => {
  it('has a default for everything', async () => {
    const request = createTaskRequest();
    expect(request).toBeInstanceOf(TaskRequest);
    expect(request).toMatchObject({ task: 'task', args: [], kwargs: {}, retries: 0, maxRetries: 3, queue: 'celery' });
    await expect(new Work().progress(request)).resolves.toMatch(/^task [\da-f-]{36} false$/);
  });

  it('is what it is asked to be', async () => {
    const states: unknown[] = [];
    const abort = new AbortController();
    const request = createTaskRequest({
      task: half,
      id: 'h1',
      args: ['14'],
      kwargs: { tenant: 'acme' },
      retries: 3,
      headers: { tenant: 'acme' },
      stamps: { release: '7' },
      timeLimit: 60,
      receiveCount: 2,
      signal: abort.signal,
      onUpdateState: (...state) => states.push(state),
    });
    expect(request).toMatchObject({
      task: 'half',
      args: ['14'],
      kwargs: { tenant: 'acme' },
      headers: { tenant: 'acme' },
      stamps: { release: '7' },
      timelimit: [60, null],
      redelivered: true,
    });
    expect(await new Work().progress(request)).toBe('half h1 true');
    expect(states).toEqual([['PROGRESS', { done: 1 }]]);
    abort.abort();
    expect(request.signal.aborted).toBe(true);
  });

  it('refuses what could not be sent', () => {
    expect(() => createTaskRequest({ args: [Symbol('x')] })).toThrow(
      expect.objectContaining({ code: 'SQS_CELERY_ENCODE' }),
    );
  });
});

import { Inject, Injectable } from '@nestjs/common';
import { Arg, Args, Kwargs, Retry, Task, TaskContext, TaskProducer, TaskRequest } from 'nestjs-sqs-celery';
import type { Recorder } from './recorder.js';

export const RECORDER = Symbol('RECORDER');

/** The tasks of `python/proj/tasks.py`, on the Nest side. */
@Injectable()
export class NestTasks {
  constructor(
    @Inject(RECORDER) private readonly recorder: Recorder,
    private readonly producer: TaskProducer,
  ) {}

  @Task('interop.record')
  recordRun(
    @Args() args: unknown[],
    @Kwargs() kwargs: Record<string, unknown>,
    @TaskContext() task: TaskRequest,
  ): number {
    this.record(task, args, kwargs);
    return args.length;
  }

  /** Sends what it was given back to the other fleet. */
  @Task('interop.reflect')
  async reflect(
    @Args() args: unknown[],
    @Kwargs() kwargs: Record<string, unknown>,
    @TaskContext() task: TaskRequest,
  ): Promise<void> {
    this.record(task, args, kwargs);
    await this.producer.send('interop.record', { args, kwargs, queue: 'python' });
  }

  @Task('interop.reflected')
  reflected(
    @Args() args: unknown[],
    @Kwargs() kwargs: Record<string, unknown>,
    @TaskContext() task: TaskRequest,
  ): void {
    this.record(task, args, kwargs);
  }

  @Task('interop.flaky', { maxRetries: 5 })
  flaky(failures: number, @Arg('countdown') countdown: number = 0, @TaskContext() task: TaskRequest): void {
    this.record(task, [failures]);
    if (task.retries < failures) throw new Retry({ countdown, cause: new Error('try again') });
  }

  /** Retries once into each of the queues: the next attempt belongs to whoever consumes it. */
  @Task('interop.handover', { maxRetries: 10 })
  handover(queues: string[], @TaskContext() task: TaskRequest): void {
    this.record(task, [queues]);
    const queue = queues[task.retries];
    if (queue !== undefined) throw new Retry({ queue, countdown: 0 });
  }

  @Task('nest.only')
  nestOnly(number: number, @TaskContext() task: TaskRequest): void {
    this.record(task, [number]);
  }

  private record(task: TaskRequest, args: unknown[], kwargs: Record<string, unknown> = {}): void {
    this.recorder.add({
      by: 'nest',
      task: task.task,
      id: task.id,
      retries: task.retries,
      rootId: task.rootId,
      parentId: task.parentId,
      eta: task.eta,
      expires: task.expires,
      priority: task.priority,
      routingKey: task.queue,
      groupId: task.messageGroupId ?? null,
      headers: task.headers,
      args,
      kwargs,
    });
  }
}

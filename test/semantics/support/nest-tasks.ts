import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock, Ignore, Reject, Retry, Task, TaskContext, TaskRequest } from 'nestjs-sqs-celery';
import type { Note } from './journal.js';

export const SETTING = Symbol('SETTING');

/** Where the tasks of an application write to, and how long its work takes where that is not what the message says. */
export interface Setting {
  readonly write: (note: Note) => void | Promise<void>;
  readonly seconds?: number;
}

class BrokenError extends Error {}

/** The tasks of `python/semantics_tasks.py`, on the Nest side. */
@Injectable()
export class SemanticsTasks {
  constructor(
    @Inject(SETTING) private readonly setting: Setting,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Takes its time; looks at its signal. */
  @Task('semantics.work')
  async work(number: number, seconds: number = 0, @TaskContext() task: TaskRequest): Promise<void> {
    await this.write(task, 'begin', [number]);
    const told = await this.sleep(this.setting.seconds ?? seconds, task.signal);
    await this.write(task, told ? 'told' : 'end', [number]);
    task.signal.throwIfAborted();
  }

  @Task('semantics.flaky', { maxRetries: 5 })
  async flaky(
    number: number,
    failures: number = 0,
    countdown: number = 0,
    @TaskContext() task: TaskRequest,
  ): Promise<void> {
    await this.write(task, 'begin', [number]);
    if (task.retries < failures) throw new Retry({ countdown, cause: new BrokenError('try again') });
  }

  @Task('semantics.broken', { autoretryFor: [BrokenError], maxRetries: 2, defaultRetryDelay: 1 })
  async broken(@TaskContext() task: TaskRequest): Promise<void> {
    await this.write(task, 'begin');
    throw new BrokenError('broken');
  }

  @Task('semantics.reject')
  async reject(requeue: boolean, @TaskContext() task: TaskRequest): Promise<void> {
    await this.write(task, 'begin');
    throw new Reject({ reason: 'refused', requeue });
  }

  @Task('semantics.ignore')
  async ignore(@TaskContext() task: TaskRequest): Promise<void> {
    await this.write(task, 'begin');
    throw new Ignore('nothing to do');
  }

  /** Blocks the event loop. */
  @Task('semantics.block')
  async block(number: number, seconds: number, @TaskContext() task: TaskRequest): Promise<void> {
    await this.write(task, 'begin', [number]);
    const until = Date.now() + seconds * 1000;
    while (Date.now() < until);
    await this.write(task, 'end', [number]);
  }

  /** Looks at nothing: it ends a while after its limit. */
  @Task('semantics.hard', { timeLimit: 2 })
  async hard(@TaskContext() task: TaskRequest): Promise<void> {
    await this.write(task, 'begin');
    await this.sleep(5);
    await this.write(task, 'end');
  }

  @Task('semantics.soft', { softTimeLimit: 1, timeLimit: 30 })
  async soft(@TaskContext() task: TaskRequest): Promise<void> {
    await this.write(task, 'begin');
    if (await this.sleep(20, task.signal)) await this.write(task, 'told');
  }

  /** Resolves with whether it was told to stop before its time. */
  private sleep(seconds: number, signal?: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.clock.setTimeout(() => resolve(false), seconds * 1000);
      signal?.addEventListener('abort', () => {
        timer.cancel();
        resolve(true);
      });
    });
  }

  private async write(task: TaskRequest, event: Note['event'], args: readonly unknown[] = []): Promise<void> {
    const { id, retries } = task;
    await this.setting.write({ by: 'nest', task: task.task, id, event, retries, args, pid: process.pid });
  }
}

/** The tasks of another fleet. */
@Injectable()
export class StrangerTasks {
  @Task('stranger.only')
  only(): void {}
}

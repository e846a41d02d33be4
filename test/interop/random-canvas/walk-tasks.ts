import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { Args, Kwarg, Task, TaskContext, TaskRequest } from 'nestjs-sqs-celery';

export const JOURNAL = Symbol('JOURNAL');

/** Where runs are noted. */
export interface WalkJournal {
  run(run: { readonly id: string; readonly by: 'nest'; readonly receives: number }): Promise<void>;
  called(canvas: string, args: string): Promise<void>;
}

const LONGEST = 100;
/** Long enough that a worker that is killed holds some. */
const MOST_MILLISECONDS = 30;

/** The tasks of `python/proj/walk_tasks.py`. */
@Injectable()
export class WalkTasks {
  constructor(@Inject(JOURNAL) private readonly journal: WalkJournal) {}

  @Task('walk.text')
  async text(@Args() args: unknown[], @TaskContext() task: TaskRequest): Promise<string> {
    await this.note(task);
    return `(${short(args)})`;
  }

  @Task('walk.list')
  async list(@Args() args: unknown[], @TaskContext() task: TaskRequest): Promise<unknown[]> {
    await this.note(task);
    return [short(args), args.length];
  }

  @Task('walk.count')
  async count(@Args() args: unknown[], @TaskContext() task: TaskRequest): Promise<number> {
    await this.note(task);
    return short(args).length;
  }

  @Task('walk.fail')
  async fail(@Args() args: unknown[], @TaskContext() task: TaskRequest): Promise<never> {
    await this.note(task);
    throw new RangeError(short(args));
  }

  @Task('walk.odd')
  async odd(@Args() args: unknown[], @TaskContext() task: TaskRequest): Promise<string> {
    await this.note(task);
    if (short(args).length % 2 === 1) throw new TypeError(short(args));
    return short(args);
  }

  @Task('walk.called')
  async called(@Args() args: unknown[], @Kwarg('canvas') canvas: string): Promise<void> {
    await this.journal.called(canvas, short(args));
  }

  @Task('walk.failed')
  async failed(taskId: string, @Kwarg('canvas') canvas: string): Promise<void> {
    await this.journal.called(canvas, taskId);
  }

  private async note({ id, receiveCount: receives }: TaskRequest): Promise<void> {
    await this.journal.run({ id, by: 'nest', receives });
    await sleep(Math.random() * MOST_MILLISECONDS);
  }
}

function short(args: readonly unknown[]): string {
  const joined = args.map(text).join(' ');
  return joined.length <= LONGEST ? joined : createHash('sha256').update(joined).digest('hex').slice(0, 16);
}

function text(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(text).join(' ')}]` : String(value);
}

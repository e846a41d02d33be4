import { Inject, Injectable } from '@nestjs/common';
import { Task, TaskContext, TaskRequest } from 'nestjs-sqs-celery';

export const JOURNAL = Symbol('JOURNAL');

/** Where runs are noted: by task id, with the first argument. */
export interface KillJournal {
  /** Resolves with how often the task has run, this time included. */
  add(taskId: string, argument: unknown): Promise<number>;
}

/** Tasks of a chord whose worker dies. */
@Injectable()
export class KillTasks {
  constructor(@Inject(JOURNAL) private readonly journal: KillJournal) {}

  /** Has another result each time it runs. */
  @Task('kill.part')
  async part(@TaskContext() { id }: TaskRequest): Promise<string> {
    return `run ${await this.journal.add(id, null)}`;
  }

  @Task('kill.fail')
  async fail(@TaskContext() { id }: TaskRequest): Promise<never> {
    throw new RangeError(`run ${await this.journal.add(id, null)}`);
  }

  @Task('kill.body')
  async body(results: string[], @TaskContext() { id }: TaskRequest): Promise<string[]> {
    await this.journal.add(id, results);
    return results;
  }

  /** Callback and errback. */
  @Task('kill.called')
  async called(argument: unknown, @TaskContext() { id }: TaskRequest): Promise<void> {
    await this.journal.add(id, argument);
  }
}

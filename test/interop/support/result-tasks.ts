import { BadRequestException, Injectable } from '@nestjs/common';
import { Reject, Retry, Task, TaskContext, type TaskRequest } from 'nestjs-sqs-celery';

class PaymentDeclined extends Error {}

/** What a task may throw, by name. */
const errors: Readonly<Record<string, () => unknown>> = {
  Error: () => new Error('some error'),
  RangeError: () => new RangeError('too large'),
  TypeError: () => new TypeError('no number'),
  PaymentDeclined: () => new PaymentDeclined('no funds'),
  BadRequestException: () => new BadRequestException('bad order'),
  text: () => 'just text',
  Reject: () => new Reject({ reason: 'not today' }),
  Retry: () => new Retry({ maxRetries: 0 }),
  RetryBecause: () => new Retry({ maxRetries: 0, cause: new RangeError('too large') }),
};

/** Tasks whose results Python reads. */
@Injectable()
export class ResultTasks {
  private readonly waiting = new Map<string, () => void>();

  @Task('results.echo')
  echo(value: unknown): unknown {
    return value;
  }

  @Task('results.throw')
  throws(name: string): never {
    throw errors[name]?.();
  }

  /** A value without a JSON form. */
  @Task('results.unsendable')
  unsendable(): unknown {
    return { callback: () => undefined };
  }

  /** Runs until {@link release}, or until its signal is aborted. */
  @Task('results.wait', { trackStarted: true })
  waits(@TaskContext() { id, signal }: TaskRequest): Promise<string> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      this.waiting.set(id, () => resolve('released'));
    });
  }

  @Task('results.retries', { maxRetries: 1 })
  retries(@TaskContext() task: TaskRequest): number {
    if (task.retries === 0) throw new Retry({ countdown: 2, cause: new RangeError('try again') });
    return task.retries;
  }

  @Task('results.ignored', { ignoreResult: true })
  ignored(value: unknown): unknown {
    return value;
  }

  @Task('results.kept', { ignoreResult: false })
  kept(value: unknown): unknown {
    return value;
  }

  @Task('results.errors', { ignoreResult: true, storeErrorsEvenIfIgnored: true })
  errors(name: string | null): string {
    if (name !== null) throw errors[name]?.();
    return 'dropped';
  }

  release(id: string): void {
    this.waiting.get(id)?.();
  }
}

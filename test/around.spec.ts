import { AsyncLocalStorage } from 'node:async_hooks';
import {
  Catch,
  Injectable,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  createParamDecorator,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { defer, tap } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { InvalidConfigurationError, Retry, Task, TaskRequest, type AroundTask } from 'nestjs-sqs-celery';
import { startApp } from './nest.test-support.js';
import { outcomeOf } from './support/task-outcome.js';

const storage = new AsyncLocalStorage<{ readonly id: string }>();
const inScope: AroundTask = (task, next) => storage.run({ id: task.id }, next);

const seen: string[] = [];
beforeEach(() => {
  seen.length = 0;
});

/** Notes a place, and whether it is inside of the scope and of its task. */
function note(place: string): void {
  const task = TaskRequest.current();
  const right = task !== undefined && storage.getStore()?.id === task.id;
  seen.push(right ? place : `${place}: outside`);
}

class Everything implements CanActivate, NestInterceptor, PipeTransform {
  async canActivate(): Promise<boolean> {
    await Promise.resolve();
    note('guard');
    return true;
  }
  intercept(_context: ExecutionContext, next: CallHandler) {
    note('interceptor');
    return defer(() => next.handle()).pipe(tap(() => note('stream')));
  }
  transform(value: unknown): unknown {
    note('pipe');
    return value;
  }
}

@Catch()
class Filter implements ExceptionFilter {
  catch(): void {
    note('filter');
  }
}

const Noted = createParamDecorator(() => note('decorator'));

@Injectable({ scope: Scope.REQUEST })
class PerTask {
  constructor() {
    note('constructor');
  }
}

@Injectable()
class Tasks {
  @Task('ok')
  @UseGuards(Everything)
  @UseInterceptors(Everything)
  @UsePipes(Everything)
  @UseFilters(Filter)
  async ok(argument: number, @Noted() _noted: unknown): Promise<number> {
    await Promise.resolve();
    note('handler');
    return argument;
  }

  @Task('failing')
  @UseFilters(Filter)
  failing(): void {
    throw new RangeError('failing');
  }

  @Task('retrying', { autoretryFor: [TypeError], defaultRetryDelay: 60 })
  retrying(): void {
    throw new Retry({ countdown: 60, cause: new RangeError('retrying') });
  }

  @Task('automatic', { autoretryFor: [TypeError], defaultRetryDelay: 60 })
  automatic(): number {
    note('handler');
    return 1;
  }
}

@Injectable()
class ScopedTasks {
  constructor(readonly perTask: PerTask) {}

  @Task('scoped')
  scoped(): void {
    note('handler');
  }
}

async function run(around: AroundTask, task: string, ...args: unknown[]): Promise<{ end: string; errors: string[] }> {
  await using running = await startApp({ providers: [Tasks, ScopedTasks, PerTask], options: { around } });
  const end = await outcomeOf(running, task, { args });
  return { end, errors: running.log.of({ level: 'error', context: 'celery.app.trace' }) };
}

describe('around', () => {
  it('is around everything of a task', async () => {
    expect((await run(inScope, 'ok', 7)).end).toBe('succeeded: 7');
    expect(seen.toSorted()).toEqual(['decorator', 'guard', 'handler', 'interceptor', 'pipe', 'pipe', 'stream']);
  });

  it('is around exception filters, and providers of request scope', async () => {
    expect((await run(inScope, 'failing')).end).toBe(`raised unexpected: RangeError('failing')`);
    expect((await run(inScope, 'scoped')).end).toBe('succeeded: None');
    expect(seen).toEqual(['filter', 'constructor', 'handler']);
  });

  it('is given the task that runs', async () => {
    const around: AroundTask = (task, next) => {
      seen.push(`${task.task} ${task === TaskRequest.current()}`);
      return next();
    };
    await run(around, 'failing');
    expect(seen[0]).toBe('failing true');
  });

  it.each<[string, AroundTask]>([
    ['forgets the result', async (_, next) => void (await next())],
    ['changes the result', async (_, next) => `not ${String(await next())}`],
    ['does not wait', async (_, next) => void next()],
    ['calls next twice', async (_, next) => [await next(), await next()]],
  ])('leaves the result when it %s', async (_, around) => {
    expect((await run(around, 'automatic')).end).toBe('succeeded: 1');
    expect(seen).toHaveLength(1);
  });

  it.each<[string, AroundTask]>([
    ['swallows', async (_, next) => next().catch(() => 'swallowed')],
    ['does not wait', async (_, next) => void next()],
    ['passes on', (_, next) => next()],
  ])('leaves retries and failures when it %s', async (_, around) => {
    expect(await run(around, 'retrying')).toEqual({ end: `retry: Retry in 60s: RangeError('retrying')`, errors: [] });
    expect((await run(around, 'failing')).end).toBe(`raised unexpected: RangeError('failing')`);
  });

  it('leaves a retry when it throws something else, and logs that', async () => {
    const around: AroundTask = async (_, next) => {
      await next().catch((cause: unknown) => {
        throw new SyntaxError('rollback', { cause });
      });
    };
    const { end, errors } = await run(around, 'retrying');
    expect(end).toBe(`retry: Retry in 60s: RangeError('retrying')`);
    expect(errors).toEqual([
      expect.stringMatching(/^Task retrying\[.+\]: 'around' threw SyntaxError\('rollback'\) after/),
    ]);
  });

  it.each<[string, AroundTask]>([
    [
      'after its success',
      async (_, next) => {
        await next();
        throw new TypeError('commit');
      },
    ],
    ['before it', () => Promise.reject(new TypeError('commit'))],
    [
      'at once',
      () => {
        throw new TypeError('commit');
      },
    ],
  ])('fails the task by what it throws %s, as its options say', async (_, around) => {
    expect((await run(around, 'automatic')).end).toBe(`retry: Retry in 60s: TypeError('commit')`);
    expect((await run(around, 'ok', 1)).end).toBe(`raised unexpected: TypeError('commit')`);
  });

  it('fails for good where it does not call next', async () => {
    const { end } = await run(async () => 'nothing', 'automatic');
    expect(end).toMatch(/^raised unexpected: UnrecoverableError\(.*ended without calling next\(\)/);
    expect(seen).toEqual([]);
  });

  it('runs nothing where it calls next when it is over', async () => {
    let late: (() => Promise<unknown>) | undefined;
    const { end } = await run(async (_task, next) => void (late = next), 'automatic');
    expect(end).toMatch(/ended without calling next\(\)/);
    await expect(late?.()).rejects.toThrow('the task did not run');
    expect(seen).toEqual([]);
  });

  it('must be a function', async () => {
    const start = startApp({ options: { around: 'cls' as never } });
    await expect(start).rejects.toBeInstanceOf(InvalidConfigurationError);
    await expect(start).rejects.toThrow('around must be a function');
  });
});

import {
  DefaultValuePipe,
  Inject,
  Injectable,
  ParseIntPipe,
  Scope,
  UseGuards,
  UseInterceptors,
  ValidationPipe,
  createParamDecorator,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, APP_PIPE, REQUEST } from '@nestjs/core';
import { Type } from 'class-transformer';
import { IsInt, IsString, ValidateNested } from 'class-validator';
import { catchError, map, of, throwError } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  Arg,
  Args,
  DateTime,
  Decimal,
  Float,
  Kwarg,
  Kwargs,
  Retry,
  Task,
  TaskContext,
  TaskProducer,
  TaskRequest,
  Uuid,
  type SendOptions,
} from 'nestjs-sqs-celery';
import { startApp, until, type AppSetUp, type RunningApp } from './nest.test-support.js';

const seen: unknown[] = [];
beforeEach(() => {
  seen.length = 0;
});

/** Sends one task and answers the log once the task has ended in some way. */
async function run(setUp: AppSetUp, task: string, options: SendOptions = {}): Promise<string> {
  await using running = await startApp(setUp);
  // Awaited here: the application is disposed of when this function returns.
  return await runOn(running, task, options);
}

async function runOn({ tasks, log }: RunningApp, task: string, options: SendOptions = {}): Promise<string> {
  const { id } = await tasks.send(task, options);
  const ended = (): string | undefined =>
    log.of({ context: 'celery.app.trace' }).find((line) => line.includes(id) && !line.endsWith('received'));
  await until(() => ended() !== undefined, task);
  return (ended() ?? '').replace(/^Task \S+ /, '').replace(/^succeeded in [\d.e-]+s/, 'succeeded');
}

class Item {
  @IsInt()
  count!: number;
}

class Order {
  @IsString()
  id!: string;

  @ValidateNested({ each: true })
  @Type(() => Item)
  items!: Item[];
}

const TaskId = createParamDecorator((data: string, context: ExecutionContext) => {
  return `${data}${TaskRequest.from(context)?.id}`;
});

@Injectable()
class Arguments {
  @Task('all')
  all(
    @TaskContext() task: TaskRequest,
    first: number,
    @TaskId('id:') id: string,
    @Arg('second') second: string,
    @Args() rest: unknown[],
    @Kwarg('flag') flag: boolean = false,
    @Kwargs() others: Record<string, unknown> = {},
  ): void {
    seen.push({ same: id === `id:${task.id}`, first, second, rest, flag, others });
  }

  @Task('pipes')
  pipes(
    @Arg('count', ParseIntPipe) count: number,
    @Kwarg('size', new DefaultValuePipe(7)) size: number,
    @Kwarg('note', { optional: true }) note: string | undefined,
  ): void {
    seen.push({ count, size, note });
  }

  @Task('validated')
  validated(order: Order, times: number): void {
    seen.push(order instanceof Order, order.items[0] instanceof Item, order, times);
  }

  @Task('exact')
  exact(
    plain: number,
    text: string,
    exact: unknown,
    list: unknown[],
    decimal: Decimal,
    when: Date,
    order: Order,
  ): void {
    seen.push(plain, text, exact, list, decimal, when, order);
  }

  @Task('nothing')
  nothing(): void {
    seen.push('called');
  }
}

describe('arguments', () => {
  it('binds every kind of parameter', async () => {
    const outcome = await run({ providers: [Arguments] }, 'all', {
      args: [1, 'two', 3, 4],
      kwargs: { flag: true, more: 5 },
    });
    expect(outcome).toBe('succeeded: None');
    expect(seen).toEqual([{ same: true, first: 1, second: 'two', rest: [3, 4], flag: true, others: { more: 5 } }]);
  });

  it('lets default values stand in for what is missing', async () => {
    await run({ providers: [Arguments] }, 'all', { args: [1], kwargs: { second: 'two' } });
    expect(seen).toEqual([{ same: true, first: 1, second: 'two', rest: [], flag: false, others: {} }]);
  });

  it('runs the pipes of parameters', async () => {
    await run({ providers: [Arguments] }, 'pipes', { args: ['42'] });
    expect(seen).toEqual([{ count: 42, size: 7, note: undefined }]);
  });

  it('validates undecorated parameters with the stock ValidationPipe', async () => {
    const providers = [
      Arguments,
      { provide: APP_PIPE, useValue: new ValidationPipe({ transform: true, whitelist: true }) },
    ];
    await using running = await startApp({ providers });
    expect(await runOn(running, 'validated', { args: [{ id: 'a', items: [{ count: 1 }], x: 1 }, 2] })).toBe(
      'succeeded: None',
    );
    expect(seen).toEqual([true, true, { id: 'a', items: [{ count: 1 }] }, 2]);
    expect(await runOn(running, 'validated', { args: [{ id: 1 }, 2] })).toMatch(
      /^raised unexpected: BadRequestException/,
    );
  });

  it('gives plain values to parameters typed number, string or as a class, and exact ones to others', async () => {
    const uuid = new Uuid('8d6c7f3e-0b1a-4f0e-9d6b-2f1f3a3b4c5d');
    await run({ providers: [Arguments] }, 'exact', {
      args: [
        new Float(1),
        uuid,
        new Float(1),
        [new Float(2)],
        new Decimal('1.10'),
        new Date(0),
        { id: uuid, items: [{ count: new Float(3) }] },
      ],
    });
    expect(seen[0]).toBe(1);
    expect(seen[1]).toBe(String(uuid));
    expect(seen[2]).toBeInstanceOf(Float);
    expect(seen[3]).toEqual([expect.any(Float)]);
    expect(seen[4]).toBeInstanceOf(Decimal);
    expect(seen[5]).toBeInstanceOf(DateTime);
    expect(seen[6]).toEqual({ id: String(uuid), items: [{ count: 3 }] });
  });

  it.each<[string, SendOptions, string]>([
    ['nothing', { args: [1] }, 'nothing() takes 0 positional arguments but 1 was given'],
    ['pipes', {}, `pipes() missing 1 required positional argument: 'count'`],
    ['pipes', { args: [1], kwargs: { count: 2 } }, `pipes() got multiple values for argument 'count'`],
    ['pipes', { args: [1], kwargs: { x: 2 } }, `pipes() got an unexpected keyword argument 'x'`],
  ])('%s: refuses wrong arguments for good', async (task, options, message) => {
    const setUp = { providers: [Arguments], options: { taskDefaults: { autoretryFor: [Error] } } };
    const outcome = await run(setUp, task, options);
    expect(outcome.replaceAll('\\', '')).toContain('raised unexpected: TypeError(');
    expect(outcome.replaceAll('\\', '')).toContain(message);
    expect(seen).toEqual([]);
  });
});

class Denied implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

class Noting implements CanActivate, NestInterceptor {
  canActivate(context: ExecutionContext): boolean {
    const task = TaskRequest.from(context);
    seen.push([
      'guard',
      context.getType(),
      context.getClass().name,
      context.getHandler().name,
      task === TaskRequest.current(),
    ]);
    return true;
  }

  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(map((result: unknown) => `intercepted ${String(result)}`));
  }
}

class Mapping implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(catchError((error: Error) => throwError(() => new RangeError(`mapped ${error.name}`))));
  }
}

class Temporary extends Error {
  override readonly name = 'Temporary';
}

class Busy implements NestInterceptor {
  intercept(): never {
    throw new Temporary('interceptor');
  }
}

@Injectable()
class Guarded {
  @Task('open')
  @UseGuards(Noting)
  @UseInterceptors(Noting)
  open(): string {
    return 'open';
  }

  @Task('denied', { autoretryFor: [Error] })
  @UseGuards(Denied)
  denied(): void {
    seen.push('called');
  }

  @Task('mapped')
  @UseInterceptors(Mapping)
  mapped(@Arg('count', ParseIntPipe) count: number): number {
    return count;
  }

  @Task('busy', { autoretryFor: [Temporary], defaultRetryDelay: 60 })
  @UseInterceptors(Busy)
  busy(): void {}

  @Task('temporary', { autoretryFor: [Temporary], defaultRetryDelay: 60 })
  temporary(): void {
    throw new Temporary('handler');
  }

  @Task('observable')
  observable() {
    return of(1, 2, 3);
  }

  @Task('retry-in-guard')
  @UseGuards({
    canActivate() {
      throw new Retry({ countdown: 60, cause: new Temporary('guard') });
    },
  })
  retryInGuard(): void {}
}

describe('enhancers', () => {
  it.each([
    ['open', `succeeded: 'intercepted open'`],
    ['denied', `raised unexpected: ForbiddenException('Forbidden resource')`],
    ['busy', `retry: Retry in 60s: Temporary('interceptor')`],
    ['temporary', `retry: Retry in 60s: Temporary('handler')`],
    ['observable', 'succeeded: 3'],
    ['retry-in-guard', `retry: Retry in 60s: Temporary('guard')`],
  ])('%s: %s', async (task, expected) => {
    expect(await run({ providers: [Guarded] }, task)).toBe(expected);
    expect(seen).toEqual(task === 'open' ? [['guard', 'celery', 'Guarded', 'open', true]] : []);
  });

  it('shows interceptors the errors of pipes as they were thrown', async () => {
    expect(await run({ providers: [Guarded] }, 'mapped', { args: ['x'] })).toBe(
      `raised unexpected: RangeError('mapped BadRequestException')`,
    );
  });

  it('runs global guards and interceptors', async () => {
    const providers = [
      Arguments,
      { provide: APP_GUARD, useClass: Noting },
      { provide: APP_INTERCEPTOR, useClass: Noting },
    ];
    expect(await run({ providers }, 'nothing')).toBe(`succeeded: 'intercepted undefined'`);
    expect(seen).toEqual([['guard', 'celery', 'Arguments', 'nothing', true], 'called']);
  });

  it('runs global guards of request scope', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Scoped implements CanActivate {
      constructor(@Inject(REQUEST) private readonly request: unknown) {}
      canActivate(): boolean {
        seen.push(this.request instanceof TaskRequest);
        return true;
      }
    }
    const providers = [Arguments, { provide: APP_GUARD, useClass: Scoped }];
    expect(await run({ providers }, 'nothing')).toBe('succeeded: None');
    expect(seen).toEqual([true, 'called']);
  });
});

@Injectable({ scope: Scope.REQUEST })
class Tenant {
  constructor(
    @Inject(REQUEST) readonly request: unknown,
    readonly task: TaskRequest,
  ) {}
}

@Injectable()
class Tenants {
  constructor(private readonly tenant: Tenant) {}

  @Task('tenant')
  run(@TaskContext() task: TaskRequest): boolean {
    seen.push(this.tenant);
    return this.tenant.request === task && this.tenant.task === task && TaskRequest.current() === task;
  }
}

describe('request scope', () => {
  it('makes providers for every task, with one TaskRequest everywhere', async () => {
    await using running = await startApp({ providers: [Tenants, Tenant] });
    expect(await runOn(running, 'tenant')).toBe('succeeded: True');
    expect(await runOn(running, 'tenant')).toBe('succeeded: True');
    expect(seen).toHaveLength(2);
    expect(seen[0]).not.toBe(seen[1]);
  });
});

@Injectable()
class Family {
  constructor(private readonly tasks: TaskProducer) {}

  @Task('parent')
  async parent(): Promise<void> {
    await this.tasks.delay('child');
  }

  @Task('child')
  async child(): Promise<void> {
    await this.tasks.delay('grandchild');
  }

  @Task('grandchild')
  grandchild(@TaskContext() task: TaskRequest): void {
    seen.push(task);
  }
}

it('makes what a task sends its child', async () => {
  await using running = await startApp({ providers: [Family] });
  const { id } = await running.tasks.delay('parent');
  await until(() => seen.length > 0, 'the grandchild');
  const [grandchild] = seen as [TaskRequest];
  expect(grandchild.rootId).toBe(id);
  expect(grandchild.parentId).not.toBe(id);
  expect(TaskRequest.current()).toBeUndefined();
});

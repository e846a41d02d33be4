import {
  Catch,
  Inject,
  Injectable,
  ParseIntPipe,
  Scope,
  SetMetadata,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
  createParamDecorator,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, APP_PIPE, REQUEST, Reflector } from '@nestjs/core';
import { IsInt, IsString } from 'class-validator';
import { EMPTY, Observable, of, retry as resubscribe, tap, throwError, timer } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  Arg,
  Args,
  Kwarg,
  Kwargs,
  RawMessage,
  Task,
  TaskContext,
  TaskRequest,
  type SendOptions,
} from 'nestjs-sqs-celery';
import { startApp, type AppSetUp } from './nest.test-support.js';
import { outcomeOf } from './support/task-outcome.js';

const seen: unknown[] = [];
beforeEach(() => {
  seen.length = 0;
});

async function run(setUp: AppSetUp, task: string, options?: SendOptions): Promise<string> {
  await using running = await startApp(setUp);
  return await outcomeOf(running, task, options);
}

class Broken extends Error {
  override readonly name = 'Broken';
}

describe('order', () => {
  const Noting = (name: string) => {
    @Injectable()
    class Mixin implements CanActivate, NestInterceptor, PipeTransform {
      canActivate(): boolean {
        seen.push(`guard ${name}`);
        return true;
      }
      intercept(_context: ExecutionContext, next: CallHandler) {
        seen.push(`before ${name}`);
        return next.handle().pipe(tap(() => seen.push(`after ${name}`)));
      }
      transform(value: unknown): unknown {
        seen.push(`pipe ${name}`);
        return value;
      }
    }
    return Mixin;
  };
  const [Global, OfClass, OfMethod, OfParameter] = ['global', 'class', 'method', 'parameter'].map(Noting) as [
    ReturnType<typeof Noting>,
    ReturnType<typeof Noting>,
    ReturnType<typeof Noting>,
    ReturnType<typeof Noting>,
  ];

  @Injectable()
  @UseGuards(OfClass)
  @UseInterceptors(OfClass)
  @UsePipes(OfClass)
  class Ordered {
    @Task('ordered')
    @UseGuards(OfMethod)
    @UseInterceptors(OfMethod)
    @UsePipes(OfMethod)
    run(@Arg('a', OfParameter) _a: number): void {
      seen.push('handler');
    }
  }

  it("is Nest's: guards, interceptors, pipes; global, class, method, parameter", async () => {
    const providers = [
      Ordered,
      { provide: APP_GUARD, useClass: Global },
      { provide: APP_INTERCEPTOR, useClass: Global },
      { provide: APP_PIPE, useClass: Global },
    ];
    expect(await run({ providers }, 'ordered', { args: [1] })).toBe('succeeded: None');
    expect(seen).toEqual([
      ...['global', 'class', 'method'].map((level) => `guard ${level}`),
      ...['global', 'class', 'method'].map((level) => `before ${level}`),
      ...['global', 'class', 'method', 'parameter'].map((level) => `pipe ${level}`),
      'handler',
      ...['method', 'class', 'global'].map((level) => `after ${level}`),
    ]);
  });
});

describe('guards', () => {
  class ByPromise implements CanActivate {
    async canActivate(): Promise<boolean> {
      return false;
    }
  }
  class ByObservable implements CanActivate {
    canActivate() {
      return of(true, false);
    }
  }
  class Throwing implements CanActivate {
    canActivate(): never {
      throw new Broken('guard');
    }
  }
  class ThrowingText implements CanActivate {
    canActivate(): never {
      throw 'just text';
    }
  }

  @Injectable()
  class ByRole implements CanActivate {
    constructor(private readonly reflector: Reflector) {}
    canActivate(context: ExecutionContext): boolean {
      const role = this.reflector.getAllAndOverride<string>('role', [context.getHandler(), context.getClass()]);
      return TaskRequest.from(context)?.headers['role'] === role;
    }
  }

  @Injectable()
  class Guarded {
    @Task('promise')
    @UseGuards(ByPromise)
    promise(): void {}

    @Task('observable')
    @UseGuards(ByObservable)
    observable(): void {}

    @Task('throwing', { autoretryFor: [Error] })
    @UseGuards(Throwing)
    throwing(): void {}

    @Task('text', { autoretryFor: () => true })
    @UseGuards(ThrowingText)
    text(): void {}

    @Task('role')
    @SetMetadata('role', 'admin')
    @UseGuards(ByRole)
    role(): string {
      return 'done';
    }
  }

  it.each([
    ['promise', `raised unexpected: ForbiddenException('Forbidden resource')`],
    ['observable', `raised unexpected: ForbiddenException('Forbidden resource')`],
    ['throwing', `raised unexpected: Broken('guard')`],
    ['text', `raised unexpected: 'just text'`],
    ['role', `raised unexpected: ForbiddenException('Forbidden resource')`],
  ])('%s: fails for good', async (task, expected) => {
    expect(await run({ providers: [Guarded] }, task)).toBe(expected);
  });

  it("read the method's metadata and the task's headers", async () => {
    expect(await run({ providers: [Guarded] }, 'role', { headers: { role: 'admin' } })).toBe(`succeeded: 'done'`);
  });
});

describe('interceptors', () => {
  const returning = (result: () => Observable<unknown>) => ({ intercept: () => result() });
  const around = (pipe: (result: Observable<unknown>) => Observable<unknown>) => ({
    intercept: (_: ExecutionContext, next: CallHandler) => pipe(next.handle()),
  });

  let attempts = 0;
  beforeEach(() => {
    attempts = 0;
  });

  @Injectable()
  class Intercepted {
    @Task('cached')
    @UseInterceptors(returning(() => of('cached')))
    cached(): void {
      seen.push('called');
    }

    @Task('empty')
    @UseInterceptors(returning(() => EMPTY))
    empty(): void {
      seen.push('called');
    }

    @Task('failing', { autoretryFor: [Broken], defaultRetryDelay: 60 })
    @UseInterceptors(returning(() => throwError(() => new Broken('stream'))))
    failing(): void {}

    @Task('resubscribed')
    @UseInterceptors(around(resubscribe(2)))
    resubscribed(@Arg('a', ParseIntPipe) a: number): number {
      attempts += 1;
      if (attempts < 3) throw new Broken('again');
      return a;
    }

    @Task('nothing')
    nothing(): Observable<never> {
      return EMPTY;
    }

    @Task('later')
    later(): Observable<number> {
      return timer(5);
    }

    @Task('error')
    error(): Observable<never> {
      return throwError(() => new Broken('observable'));
    }

    @Task('nested')
    async nested(): Promise<Observable<number>> {
      return of(1, 2);
    }
  }

  it.each([
    ['cached', `succeeded: 'cached'`],
    ['empty', 'succeeded: None'],
    ['failing', `retry: Retry in 60s: Broken('stream')`],
    ['nothing', 'succeeded: None'],
    ['later', 'succeeded: 0'],
    ['error', `raised unexpected: Broken('observable')`],
    ['nested', 'succeeded: 2'],
  ])('%s: %s', async (task, expected) => {
    expect(await run({ providers: [Intercepted] }, task)).toBe(expected);
    expect(seen).toEqual([]);
  });

  it('may call the handler again', async () => {
    expect(await run({ providers: [Intercepted] }, 'resubscribed', { args: ['7'] })).toBe('succeeded: 7');
  });
});

describe('pipes', () => {
  class UserDto {
    @IsString()
    name!: string;
  }
  class OptionsDto {
    @IsInt()
    dpi!: number;
  }

  const User = createParamDecorator((header: string, context: ExecutionContext) => {
    return TaskRequest.from(context)?.headers[header];
  });
  const LaterUser = createParamDecorator(async (header: string, context: ExecutionContext) => {
    return { name: TaskRequest.from(context)?.headers[header] };
  });
  const Failing = createParamDecorator(() => {
    throw new Broken('decorator');
  });

  @Injectable()
  class Piped {
    @Task('kwarg')
    kwarg(@Kwarg('user') user: UserDto, @Kwargs() options: OptionsDto): void {
      seen.push(user instanceof UserDto, options instanceof OptionsDto, [user, options]);
    }

    @Task('args')
    args(@Args(new ValidationPipe()) rest: number[], first: UserDto = { name: 'none' }): void {
      seen.push(first, rest);
    }

    @Task('user')
    user(@User('user', new ValidationPipe({ validateCustomDecorators: true })) user: UserDto): void {
      seen.push(user);
    }

    @Task('later-user')
    laterUser(@LaterUser('user', new ValidationPipe({ validateCustomDecorators: true })) user: UserDto): void {
      seen.push(user);
    }

    @Task('parsed')
    parsed(@User('count', ParseIntPipe) count: number): void {
      seen.push(count);
    }

    @Task('failing', { autoretryFor: [Error] })
    failing(@Failing() _nothing: unknown): void {}
  }

  const providers = [Piped, { provide: APP_PIPE, useValue: new ValidationPipe({ transform: true, whitelist: true }) }];

  it.each<[string, SendOptions, string, unknown[]]>([
    [
      'kwarg',
      { kwargs: { user: { name: 'ada', x: 1 }, dpi: 300, y: 2 } },
      'succeeded: None',
      [true, true, [{ name: 'ada' }, { dpi: 300 }]],
    ],
    [
      'kwarg',
      { kwargs: { user: { name: 'ada' }, dpi: 'many' } },
      `raised unexpected: BadRequestException('dpi must be an integer number')`,
      [],
    ],
    ['kwarg', { kwargs: { user: {}, dpi: 1 } }, `raised unexpected: BadRequestException('name must be a string')`, []],
    ['args', { args: [{ name: 'ada' }, 1, 2] }, 'succeeded: None', [{ name: 'ada' }, [1, 2]]],
    ['user', { headers: { user: { name: 'ada' } } }, 'succeeded: None', [{ name: 'ada' }]],
    ['user', { headers: { user: { name: 1 } } }, `raised unexpected: BadRequestException('name must be a string')`, []],
    ['later-user', { headers: { user: 'ada' } }, 'succeeded: None', [{ name: 'ada' }]],
    ['later-user', { headers: { user: 5 } }, `raised unexpected: BadRequestException('name must be a string')`, []],
    ['parsed', { headers: { count: '7' } }, 'succeeded: None', [7]],
    ['failing', {}, `raised unexpected: Broken('decorator')`, []],
  ])('%s of %o: %s', async (task, options, expected, handled) => {
    expect(await run({ providers }, task, options)).toBe(expected);
    expect(seen).toEqual(handled);
  });
});

describe('scopes of enhancers', () => {
  @Injectable({ scope: Scope.REQUEST })
  class PerTask implements CanActivate, NestInterceptor, PipeTransform {
    constructor(@Inject(REQUEST) private readonly task: TaskRequest) {}
    canActivate(): boolean {
      seen.push(this.task);
      return true;
    }
    intercept(_context: ExecutionContext, next: CallHandler) {
      seen.push(this.task);
      return next.handle();
    }
    transform(value: unknown): unknown {
      seen.push(this.task);
      return value;
    }
  }

  @Injectable({ scope: Scope.TRANSIENT })
  class Transient implements CanActivate {
    readonly #calls: string[] = [];
    canActivate(): boolean {
      this.#calls.push('called');
      seen.push(this.#calls.length);
      return true;
    }
  }

  @Injectable()
  class Scoped {
    @Task('per-task')
    @UseGuards(PerTask)
    @UseInterceptors(PerTask)
    @UsePipes(PerTask)
    perTask(@Arg('a', PerTask) _a: number, @TaskContext() task: TaskRequest): void {
      seen.push(task);
    }

    @Task('transient')
    @UseGuards(Transient)
    transient(): void {}
  }

  @Injectable()
  class Plain {
    @Task('plain')
    run(): void {}
  }

  it('are made for each task', async () => {
    expect(await run({ providers: [Scoped] }, 'per-task', { args: [1] })).toBe('succeeded: None');
    expect(seen).toHaveLength(5);
    expect(new Set(seen).size).toBe(1);
    expect(seen[0]).toBeInstanceOf(TaskRequest);
  });

  it.each([
    ['a class', Plain],
    ['a token', { provide: 'P', useClass: Plain }],
  ])('run for %s where they are global and transient, or global and of request scope', async (_, provider) => {
    const transient = { provide: APP_GUARD, useClass: Transient };
    expect(await run({ providers: [provider, transient] }, 'plain')).toBe('succeeded: None');
    expect(seen).toEqual([1]);
    const perTask = { provide: APP_GUARD, useClass: PerTask };
    expect(await run({ providers: [provider, perTask] }, 'plain')).toBe('succeeded: None');
    expect(seen).toEqual([1, expect.any(TaskRequest)]);
  });

  it('run where they are transient', async () => {
    expect(await run({ providers: [Scoped] }, 'transient')).toBe('succeeded: None');
    expect(seen).toEqual([1]);
  });
});

describe('inheritance and custom providers', () => {
  class Denied implements CanActivate {
    canActivate(): boolean {
      return false;
    }
  }

  class Base {
    @Task('inherited')
    @UseGuards(Denied)
    run(): void {
      seen.push('called');
    }
  }

  @Injectable()
  class Derived extends Base {}

  @Injectable()
  class Aliased extends Base {}

  @Injectable()
  class Overriding extends Base {
    override run(): void {
      seen.push('overridden');
    }
  }

  it.each<[string, AppSetUp]>([
    ['an inherited method', { providers: [Derived] }],
    ['a class under a token', { providers: [{ provide: 'T', useClass: Derived }] }],
    ['an alias', { providers: [Aliased, { provide: 'A', useExisting: Aliased }] }],
  ])('guards %s', async (_, setUp) => {
    expect(await run(setUp, 'inherited')).toBe(`raised unexpected: ForbiddenException('Forbidden resource')`);
    expect(seen).toEqual([]);
  });

  it('leaves the decorators of a method to the method: one that overrides it has none', async () => {
    expect(await run({ providers: [Overriding] }, 'inherited')).toBe('succeeded: None');
    expect(seen).toEqual(['overridden']);
  });

  class Raw {
    @RawMessage('celery')
    @UseGuards(Denied)
    run(_payload: unknown): void {}
  }

  @Injectable()
  class Parsing {
    @Task('parsing')
    run(@Arg('a', ParseIntPipe) a: number): number {
      return a;
    }
  }
  class Unguarded {
    @Task('unguarded')
    @UsePipes(new ParseIntPipe())
    run(@Arg('a', { optional: true, pipes: [new ParseIntPipe({ optional: true })] }) a: number = 7): number {
      return a;
    }
  }
  class Answer implements ExceptionFilter {
    catch(): string {
      return 'answer';
    }
  }
  Catch()(Answer);
  class Filtered {
    @Task('filtered')
    @UseFilters(Answer)
    run(): void {
      throw new Broken('x');
    }
  }

  it.each([
    ['guard Denied', { provide: 'F', useFactory: () => new Derived() }],
    ['guard Denied', { provide: 'V', useValue: new Derived() }],
    ['pipe ParseIntPipe', { provide: 'F', useFactory: () => new Parsing() }],
    ['guard Denied', { provide: 'R', useValue: new Raw() }],
    ['filter Answer', { provide: 'F', useFactory: () => new Filtered() }],
  ])('are refused where Nest would leave out %s', async (missing, provider) => {
    await expect(startApp({ providers: [provider] })).rejects.toThrow(missing);
  });

  it('are refused where Nest would leave out global enhancers', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerTask extends Denied {}
    @Injectable({ scope: Scope.TRANSIENT })
    class PerHandler implements NestInterceptor {
      intercept = (_context: ExecutionContext, next: CallHandler) => next.handle();
    }
    const providers = [
      { provide: 'V', useValue: new Unguarded() },
      { provide: APP_GUARD, useClass: PerTask },
      { provide: APP_INTERCEPTOR, useClass: PerHandler },
    ];
    await expect(startApp({ providers })).rejects.toThrow('global guard PerTask, global interceptor PerHandler');
  });

  it.each([
    ['a factory', { provide: 'F', useFactory: () => new Unguarded() }],
    ['a value', { provide: 'V', useValue: new Unguarded() }],
  ])('may be %s where all enhancers are there', async (_, provider) => {
    const providers = [provider, { provide: APP_GUARD, useClass: Denied }];
    expect(await run({ providers }, 'unguarded')).toBe(`raised unexpected: ForbiddenException('Forbidden resource')`);
    expect(await run({ providers: [provider] }, 'unguarded')).toBe('succeeded: 7');
  });
});

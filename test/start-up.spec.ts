import {
  Controller,
  Injectable,
  Module,
  Scope,
  ValidationPipe,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
  type OnModuleInit,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { afterEach, expect, it, vi } from 'vitest';
import {
  Arg,
  CLOCK,
  InvalidConfigurationError,
  Kwarg,
  SqsCeleryError,
  SqsCeleryModule,
  Task,
  TaskProducer,
  defineTask,
} from 'nestjs-sqs-celery';
import { LocalSqs, VirtualClock } from 'nestjs-sqs-celery/testing';
import { RecordingLogger, localOptions, startApp, until, type AppSetUp } from './nest.test-support.js';

afterEach(() => vi.restoreAllMocks());

@Injectable()
class Tasks {
  @Task('proj.tasks.add')
  add(x: number, y: number): number {
    return x + y;
  }

  @Task('do_something')
  doSomething(): void {}
}

async function problemsOf(setUp: AppSetUp): Promise<readonly string[]> {
  const error: unknown = await startApp(setUp).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof InvalidConfigurationError)) throw new Error(`started, or failed otherwise: ${String(error)}`);
  expect(error.code).toBe('SQS_CELERY_INVALID_CONFIGURATION');
  for (const problem of error.problems) expect(error.message).toContain(problem);
  return error.problems;
}

it("prints Celery's banner and lines through the user's logger", async () => {
  await using running = await startApp({
    providers: [Tasks],
    options: { queues: ['reports', 'celery'], concurrency: 4 },
  });
  const { log, sqs, tasks } = running;
  const host = /celery@\S+/.exec(log.text())?.[0] ?? '';
  const banner = log.of({ context: 'celery.apps.worker' })[0] ?? '';
  expect(banner.split('\n').slice(4)).toEqual([
    '[config]',
    '.> app:         RootTestModule',
    `.> transport:   sqs://AKID:**@127.0.0.1:${sqs.port}//`,
    '.> results:     disabled://',
    '.> concurrency: 8 (async)',
    '.> task events: OFF',
    '',
    '[queues]',
    '.> celery           exchange=celery(direct) key=celery',
    '.> reports          exchange=reports(direct) key=reports',
    '',
    '[tasks]',
    '  . do_something',
    '  . proj.tasks.add',
    '',
  ]);
  const { id } = await tasks.delay('proj.tasks.add', 1, 2);
  await until(() => log.text().includes('succeeded'), 'the task');
  const connected = log.lines.findIndex(({ message }) => message.startsWith('Connected to'));
  expect(log.lines.slice(connected)).toEqual([
    {
      level: 'log',
      context: 'celery.worker.consumer.connection',
      message: `Connected to sqs://AKID:**@127.0.0.1:${sqs.port}//`,
    },
    { level: 'log', context: 'celery.apps.worker', message: `${host} ready.` },
    { level: 'log', context: 'celery.app.trace', message: `Task proj.tasks.add[${id}] received` },
    {
      level: 'log',
      context: 'celery.app.trace',
      message: expect.stringMatching(/^Task proj\.tasks\.add\[.*\] succeeded in [\d.e-]+s: 3$/),
    },
  ]);
  expect(log.text()).not.toContain('hunter2');
});

it('lists every problem in one error', async () => {
  @Injectable()
  class First {
    @Task('same')
    run(): void {}

    @Task('options', { maxRetrys: 1, queue: 'nowhere' } as never)
    options(): void {}

    @Task('rest')
    rest(..._all: unknown[]): void {}

    @((Task as () => MethodDecorator)())
    nameless(): void {}

    @Task('twice')
    twice(@Arg('a') _a: number, @Kwarg('a') _b: number, @Arg('') _c: number): void {}
  }

  @Injectable()
  class Second {
    @Task('same')
    run(): void {}
  }

  @Controller()
  class Third {
    @Task('on-controller')
    run(): void {}
  }

  /** As esbuild and tsx compile it. */
  class Untyped {
    run(_order: unknown): void {}
  }
  const descriptor = Object.getOwnPropertyDescriptor(Untyped.prototype, 'run');
  Task('untyped')(Untyped.prototype, 'run', descriptor ?? {});

  @Module({ providers: [First] })
  class FirstModule {}

  @Module({ providers: [Second, Untyped], controllers: [Third] })
  class SecondModule {}

  expect(await problemsOf({ imports: [FirstModule, SecondModule] })).toEqual([
    expect.stringMatching(/^@Task on Third\.run \(SecondModule\): a controller cannot run tasks/),
    expect.stringMatching(/^@Task on First\.options \(FirstModule\): 'maxRetrys' is not a task option/),
    `@Task on First.options (FirstModule): 'queue' names the queue 'nowhere', which is not one of queues (celery)`,
    expect.stringMatching(/^@Task on First\.rest \(FirstModule\): a rest parameter cannot be bound/),
    '@Task on First.nameless (FirstModule): needs the name of the task',
    `@Task on First.twice (FirstModule): two parameters have the name 'a'`,
    '@Task on First.twice (FirstModule): @Arg needs a name',
    expect.stringMatching(/^@Task on Untyped\.run \(SecondModule\): compiled without decorator metadata/),
    `Task 'same' is on 2 methods: First.run (FirstModule), Second.run (SecondModule)`,
  ]);
  expect(await problemsOf({ providers: [First], options: { concurrency: 0, queus: [] } as never })).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^concurrency must be/),
      expect.stringMatching(/^queus is not an option/),
      expect.stringMatching(/First\.rest/),
    ]),
  );
});

it('refuses a second forRoot', async () => {
  await using sqs = await LocalSqs.start();
  const imports = [SqsCeleryModule.forRoot(localOptions(sqs))];
  expect(await problemsOf({ sqs, imports })).toEqual([
    'SqsCeleryModule.forRoot is imported 2 times: import it once, or give each connection a name of its own',
  ]);
});

it('refuses the module without forRoot', async () => {
  const start = Test.createTestingModule({ imports: [SqsCeleryModule], providers: [Tasks] }).compile();
  await expect(start).rejects.toBeInstanceOf(InvalidConfigurationError);
  await expect(start).rejects.toThrow(/SqsCeleryModule is imported without options.*forRoot/);
});

it("checks the queue of a definition's defaults", async () => {
  const definition = defineTask<{ args: [text: string]; result: number }>('defined', { queue: 'nowhere' });
  @Injectable()
  class Defined {
    @Task(definition)
    run(text: string): number {
      return text.length;
    }
  }
  expect(await problemsOf({ providers: [Defined] })).toEqual([expect.stringContaining(`names the queue 'nowhere'`)]);
});

it('fails the start where a queue is missing, and leaves nothing open', async () => {
  await using sqs = await LocalSqs.start();
  const start = startApp({ sqs, providers: [Tasks], options: { queues: ['a', 'b'], createMissingQueues: false } });
  await expect(start).rejects.toSatisfy(
    (error: Error) => error instanceof SqsCeleryError || error.message.includes('"a"'),
    'names the queue',
  );
  await expect(start).rejects.toThrow(/"b"/);
});

it('sends in the hooks of every module, and says when it cannot', async () => {
  const sent: string[] = [];
  @Injectable()
  class Early implements OnModuleInit {
    constructor(private readonly tasks: TaskProducer) {}
    async onModuleInit(): Promise<void> {
      sent.push((await this.tasks.delay('elsewhere')).id);
    }
  }
  let tasks: TaskProducer;
  {
    await using running = await startApp({
      providers: [Early],
      before: (app) => expect(app.get(TaskProducer).delay('x')).rejects.toThrow(/from onModuleInit/),
    });
    ({ tasks } = running);
    await expect(tasks.send('x', { queue: 'unknown' })).rejects.toThrow(/queue 'unknown'.*know celery/);
  }
  expect(sent).toHaveLength(1);
  await expect(tasks.delay('x')).rejects.toMatchObject({ code: 'SQS_CELERY_NOT_CONNECTED' });
});

it('tells which global enhancers of a hybrid application run for tasks, and warns about guards', async () => {
  class JwtGuard implements CanActivate {
    canActivate(): boolean {
      return true;
    }
  }
  class TenantGuard extends JwtGuard {}
  class Timing implements NestInterceptor {
    intercept(_context: ExecutionContext, next: CallHandler) {
      return next.handle();
    }
  }
  await using sqs = await LocalSqs.start();
  const log = new RecordingLogger();
  const moduleRef = await Test.createTestingModule({
    imports: [SqsCeleryModule.forRoot(localOptions(sqs))],
    providers: [
      Tasks,
      { provide: APP_INTERCEPTOR, useClass: Timing },
      { provide: APP_GUARD, useClass: TenantGuard, scope: Scope.REQUEST },
    ],
  })
    .setLogger(log)
    .compile();
  const app = moduleRef.createNestApplication();
  app.useGlobalGuards(new JwtGuard());
  app.useGlobalPipes(new ValidationPipe());
  await app.init();
  await app.close();
  expect(log.of({ context: 'celery.apps.worker', level: 'log' })).toContain(
    'Global enhancers run for tasks as well: guards JwtGuard, TenantGuard; interceptors Timing; pipes ValidationPipe.',
  );
  expect(log.of({ level: 'warn' })).toContainEqual(
    expect.stringMatching(/^Global guards run for tasks as well: JwtGuard, TenantGuard\./),
  );
});

it('keeps quiet about enhancers without HTTP', async () => {
  await using running = await startApp({
    providers: [
      Tasks,
      { provide: APP_INTERCEPTOR, useValue: { intercept: (_: unknown, next: CallHandler) => next.handle() } },
    ],
  });
  expect(running.log.text()).not.toContain('Global enhancers');
});

it('warns where nothing listens for the signals that end the process', async () => {
  const listenerCount = process.listenerCount.bind(process);
  vi.spyOn(process, 'listenerCount').mockImplementation((event) =>
    event === 'SIGTERM' || event === 'SIGINT' ? 0 : listenerCount(event),
  );
  const clock = new VirtualClock();
  await using sqs = await LocalSqs.start({ clock });
  await using running = await startApp({
    sqs,
    providers: [Tasks],
    configure: (builder) => builder.overrideProvider(CLOCK).useValue(clock),
  });
  await clock.advance(500);
  expect(running.log.text()).not.toContain('SIGTERM');
  await clock.advance(600);
  expect(running.log.of({ level: 'warn' })).toContainEqual(expect.stringContaining('enableShutdownHooks'));
});

it('warns of a worker that is none', async () => {
  await using none = await startApp({ options: { worker: true } });
  expect(none.log.of({ level: 'warn' })).toContainEqual(expect.stringContaining('there is no @Task method'));
  const queues = [{ name: 'celery', consume: false }];
  await using deaf = await startApp({ providers: [Tasks], options: { queues } });
  expect(deaf.log.of({ level: 'warn' })).toContainEqual(expect.stringContaining('every queue has consume: false'));
});

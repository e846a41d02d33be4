import {
  Global,
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NotConnectedError, SqsCeleryModule, Task, TaskContext, TaskProducer, TaskRequest } from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { RecordingLogger, localOptions, startApp, until } from './nest.test-support.js';

let sqs: LocalSqs;
const events: string[] = [];

beforeEach(async () => {
  events.length = 0;
  sqs = await LocalSqs.start();
});
afterEach(() => sqs.close());

/** Something that handlers need and that is gone once it is destroyed. */
@Injectable()
class Database implements OnModuleDestroy {
  open = true;

  onModuleDestroy(): void {
    this.open = false;
    events.push('database closed');
  }
}

@Module({ providers: [Database], exports: [Database] })
class LocalDatabaseModule {}

@Global()
@Module({ providers: [Database], exports: [Database] })
class GlobalDatabaseModule {}

/** Ends a running task when it is told to. */
@Injectable()
class Gate {
  release = (): void => {};
  readonly opened = new Promise<void>((resolve) => {
    this.release = resolve;
  });
}

@Injectable()
class SlowTasks implements OnModuleDestroy, OnApplicationBootstrap {
  constructor(
    private readonly database: Database,
    private readonly gate: Gate,
    private readonly tasks: TaskProducer,
  ) {}

  onApplicationBootstrap(): void {
    events.push(`bootstrapped, polled: ${'ReceiveMessage' in sqs.requestCounts()}`);
  }

  onModuleDestroy(): void {
    events.push('tasks destroyed');
  }

  @Task('slow')
  async slow(): Promise<void> {
    events.push('slow started');
    await this.gate.opened;
    await this.tasks.send('next', { queue: 'elsewhere' });
    events.push(`slow ended, database open: ${this.database.open}`);
  }
}

const celery = (): DynamicModule =>
  SqsCeleryModule.forRoot(localOptions(sqs, { queues: ['celery', { name: 'elsewhere', consume: false }] }));

/** A root module whose own providers need the database as well. */
function appModule(imports: (Type | DynamicModule)[]): Type {
  @Module({ imports, providers: [SlowTasks, Gate] })
  class AppModule {}
  return AppModule;
}

/** The same with the handlers in a module of their own. */
function featureModules(imports: (Type | DynamicModule)[]): Type {
  @Module({ imports: [LocalDatabaseModule], providers: [SlowTasks, Gate] })
  class FeatureModule {}
  @Module({ imports: [FeatureModule, ...imports] })
  class AppModule {}
  return AppModule;
}

describe('shutdown', () => {
  it.each<[string, () => Type]>([
    ['imported first', () => appModule([celery(), LocalDatabaseModule])],
    ['imported last', () => appModule([LocalDatabaseModule, celery()])],
    ['in the middle', () => appModule([LocalDatabaseModule, celery(), GlobalDatabaseModule])],
    ['with a global database', () => appModule([celery(), GlobalDatabaseModule])],
    ['with handlers in a feature module', () => featureModules([celery()])],
    [
      'imported deep below the root',
      () => {
        @Module({ imports: [celery()] })
        class Deep {}
        @Module({ imports: [Deep] })
        class Middle {}
        return appModule([Middle, GlobalDatabaseModule]);
      },
    ],
  ])('drains before anything else is destroyed: %s', async (_, root) => {
    const log = new RecordingLogger();
    const app = await Test.createTestingModule({ imports: [root()] })
      .setLogger(log)
      .compile();
    await app.init();
    await app.get(TaskProducer).delay('slow');
    await until(() => events.includes('slow started'), 'the task');
    const closing = app.close();
    await until(() => log.text().includes('Warm shutdown'), 'the drain');
    app.get(Gate, { strict: false }).release();
    await closing;
    expect(events.slice(0, 3)).toEqual([
      'bootstrapped, polled: false',
      'slow started',
      'slow ended, database open: true',
    ]);
    expect(new Set(events.slice(3))).toEqual(new Set(['database closed', 'tasks destroyed']));
    expect(sqs.queue('celery')).toMatchObject({ visible: 0, inFlight: 0 });
    expect(sqs.queue('elsewhere').visible).toBe(1);
  });

  it('aborts what does not end in time, gives its message back, and closes', async () => {
    @Injectable()
    class Endless {
      @Task('endless')
      async run(@TaskContext() task: TaskRequest): Promise<void> {
        events.push('started');
        await new Promise((resolve) => task.signal.addEventListener('abort', resolve, { once: true }));
        events.push('aborted');
        await new Promise(() => {});
      }
    }
    const running = await startApp({ sqs, providers: [Endless], options: { shutdownTimeoutMs: 100 } });
    await running.tasks.delay('endless');
    await until(() => events.length > 0, 'the task');
    await running[Symbol.asyncDispose]();
    expect(events).toEqual(['started', 'aborted']);
    expect(sqs.queue('celery')).toMatchObject({ visible: 1, inFlight: 0 });
  });

  it('lets every module send until the very end', async () => {
    @Injectable()
    class Farewell implements OnModuleDestroy, OnApplicationShutdown {
      constructor(private readonly tasks: TaskProducer) {}
      async onModuleDestroy(): Promise<void> {
        await this.tasks.delay('destroyed');
      }
      async onApplicationShutdown(): Promise<void> {
        await this.tasks.delay('shut down');
      }
    }
    const running = await startApp({ sqs, providers: [Farewell] });
    await running[Symbol.asyncDispose]();
    expect(sqs.queue('celery').visible).toBe(2);
  });

  it('stops an idle worker at once, though its poll would wait for 20 seconds', async () => {
    const running = await startApp({ sqs, providers: [Gate, Database, SlowTasks] });
    await until(() => 'ReceiveMessage' in sqs.requestCounts(), 'the poll');
    const start = performance.now();
    await running[Symbol.asyncDispose]();
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('can be closed after a start that failed in another module', async () => {
    @Injectable()
    class Failing implements OnApplicationBootstrap {
      constructor(@Inject(TaskProducer) readonly tasks: TaskProducer) {}
      onApplicationBootstrap(): never {
        throw new Error('no database');
      }
    }
    await expect(startApp({ sqs, providers: [Gate, Database, SlowTasks, Failing] })).rejects.toThrow('no database');
    expect(sqs.requestCounts()).not.toHaveProperty('ReceiveMessage');
  });
});

it('starts as an application context and as a standalone module', async () => {
  const app = await NestFactory.createApplicationContext(appModule([LocalDatabaseModule, celery()]), {
    logger: new RecordingLogger(),
  });
  await app.get(TaskProducer).delay('slow');
  await until(() => events.includes('slow started'), 'the task');
  app.get(Gate).release();
  await app.close();
  expect(events).toContain('slow ended, database open: true');
});

it('starts nothing where a signal closed the application while another module bootstrapped', async () => {
  let close = (): Promise<void> => Promise.resolve();
  @Injectable()
  class Slow implements OnApplicationBootstrap {
    @Task('slow')
    run(): void {}

    onApplicationBootstrap(): Promise<void> {
      return close();
    }
  }
  const log = new RecordingLogger();
  const imports = [SqsCeleryModule.forRoot(localOptions(sqs))];
  const moduleRef = await Test.createTestingModule({ imports, providers: [Slow] })
    .setLogger(log)
    .compile();
  const app = moduleRef.createNestApplication();
  close = () => app.close();
  await app.init();
  expect(log.text()).not.toContain('ready.');
  expect(sqs.requestCounts()).not.toHaveProperty('ReceiveMessage');
});

it('may be started again after a start that failed', async () => {
  const queues = ['celery', { name: 'elsewhere', consume: false }];
  const options = localOptions(sqs, { createMissingQueues: false, queues });
  const other = SqsCeleryModule.forRoot({ ...options, name: 'other', createMissingQueues: true, queues: ['other'] });
  const imports = [SqsCeleryModule.forRoot(options), other, LocalDatabaseModule];
  const app = await Test.createTestingModule({ imports, providers: [Gate, SlowTasks] })
    .setLogger(new RecordingLogger())
    .compile();
  await expect(app.init()).rejects.toThrow(/default: .*"celery"/s);
  await using creator = await startApp({ sqs, options: { queues } });
  await app.init();
  await creator.tasks.delay('slow');
  await until(() => events.includes('slow started'), 'the task');
  app.get(Gate).release();
  await app.close();
  expect(events).toContain('slow ended, database open: true');
});

it('keeps its connections open where another module has to be started again', async () => {
  let failures = 1;
  @Injectable()
  class Flaky implements OnApplicationBootstrap {
    onApplicationBootstrap(): void {
      if (failures-- > 0) throw new Error('no database');
    }
  }
  const app = await Test.createTestingModule({
    imports: [SqsCeleryModule.forRoot(localOptions(sqs))],
    providers: [Flaky],
  })
    .setLogger(new RecordingLogger())
    .compile();
  await expect(app.init()).rejects.toThrow('no database');
  const requests = sqs.requestCounts();
  await app.init();
  expect(sqs.requestCounts()).toEqual(requests);
  await app.get(TaskProducer).delay('any');
  await app.close();
});

it.each(['started to open its connections', 'come to that'])(
  'leaves nothing open where an application with HTTP was closed when it had %s',
  async (moment) => {
    const gate = new Gate();
    let isAsked = false;
    const region = async (): Promise<string> => {
      isAsked = true;
      await gate.opened;
      return sqs.region;
    };
    const { clientConfig, ...options } = localOptions(sqs);
    const imports = [SqsCeleryModule.forRoot({ ...options, clientConfig: { ...clientConfig, region } })];
    const moduleRef = await Test.createTestingModule({ imports }).setLogger(new RecordingLogger()).compile();
    const app = moduleRef.createNestApplication();
    const starting = app.init();
    if (moment.startsWith('started')) await until(() => isAsked, 'the opening');
    const closing = app.close();
    gate.release();
    await Promise.all([starting, closing]);
    await expect(app.get(TaskProducer).delay('any')).rejects.toThrow(NotConnectedError);
  },
);

import { Inject, Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ConnectionsNotReadyError,
  InjectTaskProducer,
  InjectWorkerControl,
  InvalidConfigurationError,
  RawMessage,
  SqsCeleryModule,
  Task,
  TaskContext,
  TaskProducer,
  TaskRequest,
  WorkerControl,
  getSqsCeleryOptionsToken,
  getTaskProducerToken,
  getWorkerControlToken,
  type SqsCeleryOptions,
} from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { localOptions, startApp, until, type AppSetUp } from './nest.test-support.js';
import { sendRaw } from './support/send-raw.js';

let sqs: LocalSqs;
let eu: LocalSqs;
beforeEach(async () => {
  [sqs, eu] = await Promise.all([LocalSqs.start(), LocalSqs.start()]);
});
afterEach(async () => {
  await Promise.all([sqs.close(), eu.close()]);
});

/** The connection `eu`, on an endpoint of its own. */
const inEurope = (options: SqsCeleryOptions = {}) =>
  SqsCeleryModule.forRoot(localOptions(eu, { name: 'eu', ...options }));

const start = (setUp: AppSetUp) => startApp({ sqs, ...setUp });

async function refusal(setUp: AppSetUp): Promise<unknown> {
  return start(setUp).then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function problemsOf(setUp: AppSetUp): Promise<readonly string[]> {
  const error = await refusal(setUp);
  if (!(error instanceof InvalidConfigurationError)) throw new Error(`started, or failed otherwise: ${String(error)}`);
  return error.problems;
}

@Injectable()
class Reports {
  readonly ran: string[] = [];

  @Task('both')
  @Task('both', { connection: 'eu' })
  both(from: string): void {
    this.ran.push(`both ${from}`);
  }

  @Task('here')
  here(from: string): void {
    this.ran.push(`here ${from}`);
  }

  @Task('there', { connection: 'eu', queue: 'other' })
  there(from: string, @TaskContext() task: TaskRequest): void {
    this.ran.push(`there ${from} ${task.queue}`);
  }

  @RawMessage('celery', { connection: 'eu' })
  raw(payload: unknown): void {
    this.ran.push(`raw ${JSON.stringify(payload)}`);
  }
}

@Injectable()
class Sender implements OnModuleInit {
  constructor(
    readonly here: TaskProducer,
    @InjectTaskProducer('eu') readonly there: TaskProducer,
    @InjectWorkerControl('eu') readonly control: WorkerControl,
    @Inject(WorkerControl) readonly ownControl: WorkerControl,
    @InjectTaskProducer() readonly alsoHere: TaskProducer,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.there.delay('both', 'in the hook');
  }
}

const bothSides: AppSetUp = { providers: [Reports, Sender] };
const otherQueues = { queues: ['celery', 'other'] };

describe('several connections', () => {
  it('send to their own endpoints, and run their own tasks', async () => {
    await using running = await start({ ...bothSides, imports: [inEurope(otherQueues)] });
    const { here, there, control, ownControl, alsoHere } = running.app.get(Sender);
    const { ran } = running.app.get(Reports);
    expect(alsoHere).toBe(here);
    await here.delay('both', 'here');
    await there.delay('there', 'there');
    await sendRaw(eu, 'celery', '{"event": 1}');
    await until(() => ran.length === 4, 'the handlers');
    expect(ran.toSorted()).toEqual(['both here', 'both in the hook', 'raw {"event":1}', 'there there other']);
    await until(() => control.counts().succeeded === 2, 'the events of eu');
    await until(() => ownControl.counts().succeeded === 1, 'the events of the default connection');
    expect(control.queues().map(({ queue }) => queue)).toEqual(['celery', 'other']);
    expect(ownControl.queues().map(({ queue }) => queue)).toEqual(['celery']);
    expect(running.app.get(TaskProducer)).toBe(here);
    expect(running.app.get(getTaskProducerToken('eu'))).toBe(there);
    expect(running.app.get(getWorkerControlToken('eu'))).toBe(control);
  });

  it('hand back what only another connection runs', async () => {
    await using running = await start({ ...bothSides, imports: [inEurope(otherQueues)] });
    const { there, control } = running.app.get(Sender);
    await there.delay('here', 'there');
    await until(() => control.counts().notMine === 1, 'the hand-back');
    expect(running.app.get(Reports).ran).not.toContain('here there');
  });

  it('make what is sent in a handler a child of its task, whichever connection takes it', async () => {
    @Injectable()
    class Forwarder {
      parent = '';
      constructor(@InjectTaskProducer('eu') private readonly there: TaskProducer) {}

      @Task('forward')
      async forward(): Promise<void> {
        await this.there.delay('forwarded');
      }

      @Task('forwarded', { connection: 'eu' })
      forwarded(@TaskContext() { parentId }: TaskRequest): void {
        this.parent = String(parentId);
      }
    }
    await using running = await start({ providers: [Forwarder], imports: [inEurope()] });
    const { id } = await running.tasks.delay('forward');
    const forwarder = running.app.get(Forwarder);
    await until(() => forwarder.parent !== '', 'the child');
    expect(forwarder.parent).toBe(id);
  });

  it('print a banner each', async () => {
    await using running = await start({ ...bothSides, imports: [inEurope(otherQueues)] });
    const apps = running.log.text().match(/app: .*/g);
    expect(apps).toEqual(['app:         RootTestModule (eu)', 'app:         RootTestModule']);
  });

  it('work without a default one', async () => {
    @Injectable()
    class Only {
      ran = 0;
      @Task('only', { connection: 'eu' })
      run(): void {
        this.ran++;
      }
    }
    await using running = await startApp({ sqs: eu, providers: [Only], options: { name: 'eu' } });
    await running.tasks.delay('only');
    await until(() => running.app.get(Only).ran === 1, 'the task');
    expect(() => running.app.get(TaskProducer)).toThrow(/does not exist/);
  });

  it('let a worker stand beside a pure producer', async () => {
    await using running = await start({ ...bothSides, imports: [inEurope({ ...otherQueues, worker: false })] });
    await running.app.get(Sender).there.delay('both', 'there');
    expect(eu.requestCounts()).not.toHaveProperty('ReceiveMessage');
    await until(() => 'ReceiveMessage' in sqs.requestCounts(), 'the poll of the default connection');
  });

  it('drain together', async () => {
    let release = (): void => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    let started = 0;
    @Injectable()
    class Slow {
      @Task('slow')
      @Task('slow', { connection: 'eu' })
      async run(): Promise<void> {
        started++;
        await released;
      }
    }
    const running = await start({ providers: [Slow], imports: [inEurope()] });
    const controls = [WorkerControl, getWorkerControlToken('eu')].map((token) => running.app.get<WorkerControl>(token));
    await Promise.all([running.tasks, running.app.get(getTaskProducerToken('eu'))].map((tasks) => tasks.delay('slow')));
    await until(() => started === 2, 'the tasks');
    const closing = running[Symbol.asyncDispose]();
    await until(() => controls.every((control) => control.queues()[0]?.mode === 'stopping'), 'both drains');
    release();
    await closing;
    expect(controls.map((control) => control.counts().succeeded)).toEqual([1, 1]);
    expect(running.log.text().match(/Warm shutdown/g)).toHaveLength(1);
    expect([sqs.queue('celery'), eu.queue('celery')]).toMatchObject([{ inFlight: 0 }, { inFlight: 0 }]);
  });
});

describe('options of a named connection', () => {
  const made = (name?: string) => ({ useFactory: () => localOptions(eu, { ...(name && { name }), queues: ['made'] }) });

  it('may be made asynchronously', async () => {
    await using running = await start({ imports: [SqsCeleryModule.forRootAsync({ name: 'eu', ...made() })] });
    await running.app.get(getTaskProducerToken('eu')).delay('anything');
    expect(eu.queue('made').visible).toBe(1);
  });

  it('may be made with the same name, and no other', async () => {
    await using running = await start({ imports: [SqsCeleryModule.forRootAsync({ name: 'eu', ...made('eu') })] });
    expect(running.app.get(getTaskProducerToken('eu'))).toBeInstanceOf(TaskProducer);
    expect(await problemsOf({ imports: [SqsCeleryModule.forRootAsync({ name: 'eu', ...made('us') })] })).toEqual([
      `Connection 'eu': the options were made with the name 'us': give it to forRootAsync itself, beside useFactory`,
    ]);
  });

  it('can be overridden in tests', async () => {
    await using running = await start({
      imports: [inEurope({ queues: ['given'] })],
      configure: (builder) =>
        builder.overrideProvider(getSqsCeleryOptionsToken('eu')).useValue(localOptions(eu, { queues: ['overridden'] })),
    });
    expect(eu.queueNames().join()).toContain('overridden');
    expect(eu.queueNames().join()).not.toContain('given');
    expect(running.app.get(getTaskProducerToken('eu'))).toBeInstanceOf(TaskProducer);
  });
});

describe('the start', () => {
  it('lists what is wrong with every connection at once', async () => {
    @Injectable()
    class Wrong {
      @Task('a', { connection: 'us' })
      @Task('b', { connection: 'eu', queue: 'nowhere' })
      @Task('c', { connection: 'third', queue: 'anywhere' })
      run(): void {}

      @RawMessage('uploads', { connection: 'eu' })
      raw(): void {}

      @RawMessage('uploads', { connection: 'asia' })
      elsewhere(): void {}
    }
    const imports = [inEurope(), SqsCeleryModule.forRoot(localOptions(eu, { name: 'third', concurrency: 0 }))];
    expect(await problemsOf({ imports, providers: [Wrong], options: { queues: [] } })).toEqual([
      `Connection 'third': concurrency must be a whole number from 1, got 0`,
      'queues must be an array of queue names or { name, … }, at least one, got an empty array',
      `@Task on Wrong.run (RootTestModule): its connection is 'us', which no SqsCeleryModule.forRoot makes; there are: 'eu', 'third', 'default'`,
      `@Task on Wrong.run (RootTestModule): 'queue' names the queue 'anywhere', which is not one of queues (celery)`,
      `@Task on Wrong.run (RootTestModule): 'queue' names the queue 'nowhere', which is not one of queues (celery)`,
      `@RawMessage on Wrong.raw (RootTestModule): it names the queue 'uploads', which is not one of queues (celery)`,
      `@RawMessage on Wrong.elsewhere (RootTestModule): its connection is 'asia', which no SqsCeleryModule.forRoot makes; there are: 'eu', 'third', 'default'`,
    ]);
  });

  it('refuses two connections of one name, and a task twice on one', async () => {
    @Injectable()
    class Twice {
      @Task('same', { connection: 'eu' })
      one(): void {}

      @Task('same', { connection: 'eu' })
      other(): void {}

      @Task('same')
      elsewhere(): void {}
    }
    expect(await problemsOf({ imports: [inEurope(), inEurope({ queues: ['q'] })], providers: [Twice] })).toEqual([
      `SqsCeleryModule.forRoot is imported 2 times with the name 'eu': give each connection a name of its own`,
      `Task 'same' is on 2 methods: Twice.one (RootTestModule), Twice.other (RootTestModule)`,
    ]);
  });

  it('refuses a name that is none', async () => {
    expect(await problemsOf({ imports: [inEurope({ name: '' })] })).toEqual([
      expect.stringContaining('name must be a string that is not empty'),
    ]);
  });

  it('opens none where one cannot be used, and says which', async () => {
    let tasks: TaskProducer | undefined;
    const error = await refusal({
      imports: [inEurope({ queues: ['missing'], createMissingQueues: false })],
      before: async (app) => void (tasks = app.get(TaskProducer)),
    });
    expect(error).toBeInstanceOf(ConnectionsNotReadyError);
    expect(error).toMatchObject({ code: 'SQS_CELERY_CONNECTIONS_NOT_READY' });
    expect([...(error as ConnectionsNotReadyError).failures.keys()]).toEqual(['eu']);
    expect(String(error)).toMatch(/eu: The SQS queues are not ready:\n.*"missing"/);
    await expect(tasks?.delay('x')).rejects.toMatchObject({ code: 'SQS_CELERY_NOT_CONNECTED' });
  });
});

it('cannot be imported lazily', async () => {
  const { LazyModuleLoader } = await import('@nestjs/core');
  @Module({ imports: [SqsCeleryModule.forFeature({ queues: ['late'] })] })
  class LateModule {}
  await using running = await start({ providers: [Reports], imports: [inEurope(otherQueues)] });
  await expect(running.app.get(LazyModuleLoader).load(() => LateModule)).rejects.toThrow(/loaded lazily/);
});

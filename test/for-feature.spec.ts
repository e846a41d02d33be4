import { Injectable, Module, type DynamicModule, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { expect, it } from 'vitest';
import {
  InvalidConfigurationError,
  SqsCeleryModule,
  Task,
  TaskProducer,
  WorkerControl,
  getWorkerControlToken,
  type QueueOptions,
  type SqsCeleryFeature,
  type SqsCeleryOptions,
} from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { RecordingLogger, localOptions, startApp, until, type AppSetUp } from './nest.test-support.js';

const ran: string[] = [];

@Injectable()
class Shipping {
  @Task('ship', { queue: 'shipping' })
  ship(order: string): void {
    ran.push(order);
  }
}

@Module({
  imports: [SqsCeleryModule.forFeature({ queues: [{ name: 'shipping', concurrency: 3 }] })],
  providers: [Shipping],
})
class ShippingModule {}

/** A module with queues of its own. */
function moduleWith(name: string, feature: SqsCeleryFeature): Type {
  class FeatureModule {}
  Object.defineProperty(FeatureModule, 'name', { value: name });
  Module({ imports: [SqsCeleryModule.forFeature(feature)] })(FeatureModule);
  return FeatureModule;
}

async function problemsOf(setUp: AppSetUp): Promise<readonly string[]> {
  const error: unknown = await startApp(setUp).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof InvalidConfigurationError)) throw new Error(`started, or failed otherwise: ${String(error)}`);
  return error.problems;
}

it.each<[string, (root: DynamicModule) => (Type | DynamicModule)[]]>([
  ['before', (root) => [ShippingModule, root]],
  ['after', (root) => [root, ShippingModule]],
])('adds queues of a feature module that is imported %s the root', async (_, imports) => {
  ran.length = 0;
  await using sqs = await LocalSqs.start();
  const app = await Test.createTestingModule({ imports: imports(SqsCeleryModule.forRoot(localOptions(sqs))) })
    .setLogger(new RecordingLogger())
    .compile();
  await app.init();
  try {
    await app.get(TaskProducer).delay('ship', 'order 1');
    await until(() => ran.length === 1, 'the task');
    const queues = app.get(WorkerControl).queues();
    expect(queues).toMatchObject([
      { queue: 'celery', concurrency: 10 },
      { queue: 'shipping', concurrency: 3 },
    ]);
  } finally {
    await app.close();
  }
});

it('takes the same declaration in several places, and the name alone anywhere', async () => {
  const shipping: QueueOptions = { name: 'shipping', concurrency: 3, lease: undefined as never };
  const imports = [
    moduleWith('NameModule', { queues: ['shipping'] }),
    ShippingModule,
    moduleWith('AgainModule', { queues: [shipping, { name: 'celery' }] }),
  ];
  await using running = await startApp({ imports });
  const queues = running.app.get(WorkerControl).queues();
  expect(queues).toMatchObject([{ queue: 'celery' }, { queue: 'shipping', concurrency: 3 }]);
});

it('adds to the connection that the feature names', async () => {
  await using sqs = await LocalSqs.start();
  @Injectable()
  class EuTasks {
    @Task('eu-task', { connection: 'eu', queue: 'billing' })
    run(): void {}
  }
  const imports = [
    moduleWith('BillingModule', { connection: 'eu', queues: ['billing'] }),
    SqsCeleryModule.forRoot(localOptions(sqs, { name: 'eu', queues: [], taskDefaultQueue: 'billing' })),
  ];
  await using running = await startApp({ imports, providers: [EuTasks] });
  const control = running.app.get<WorkerControl>(getWorkerControlToken('eu'));
  expect(control.queues()).toMatchObject([{ queue: 'billing' }]);
  expect(running.sqs.queueNames().join()).not.toContain('billing');
});

it('lists everything that is wrong with what features declare', async () => {
  const imports = [
    ShippingModule,
    moduleWith('OtherModule', { queues: [{ name: 'shipping', concurrency: 4 }, 'celery', { name: 'x', lease: 0 }] }),
    moduleWith('EmptyModule', { queues: [] }),
    moduleWith('StrayModule', { queues: ['q'], connection: 'us' }),
  ];
  const options: SqsCeleryOptions = { queues: [{ name: 'celery', concurrency: 2 }] };
  expect(await problemsOf({ imports, options })).toEqual([
    'forFeature in EmptyModule: queues must be an array of queue names or { name, … }, at least one, got an empty array',
    'forFeature in OtherModule: queues[2].lease must be a whole number of seconds from 1 to 43200, got 0',
    "forFeature in OtherModule: queues[0] declares 'shipping' with other options than forFeature in ShippingModule: queues[0]: give them in one place, and the name alone elsewhere",
    "forFeature in StrayModule: its connection is 'us', which no SqsCeleryModule.forRoot makes; there are: 'default'",
  ]);
});

it('takes no options but those of a feature', async () => {
  const shared: SqsCeleryFeature = { queues: ['q'], concurrency: 3 } as SqsCeleryFeature;
  const imports = [
    moduleWith('OneModule', shared),
    moduleWith('OtherModule', shared),
    moduleWith('NoModule', undefined as never),
  ];
  expect(await problemsOf({ imports })).toEqual([
    'forFeature in NoModule: queues must be an array of queue names or { name, … }, at least one, got undefined',
    'forFeature in OneModule: concurrency is not an option; known are queues, connection',
    'forFeature in OtherModule: concurrency is not an option; known are queues, connection',
  ]);
});

it('does not let the order of imports choose the default queue', async () => {
  expect(await problemsOf({ imports: [ShippingModule], options: { queues: [] } })).toEqual([
    expect.stringMatching(/^taskDefaultQueue is missing/),
  ]);
});

it('needs a forRoot', async () => {
  const app = await Test.createTestingModule({ imports: [ShippingModule] })
    .setLogger(new RecordingLogger())
    .compile();
  await expect(app.init()).rejects.toThrow(
    /forFeature in ShippingModule: its connection is 'default'.*there are: none/,
  );
});

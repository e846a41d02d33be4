import type { Type } from '@nestjs/common';
import { TaskProducer, WorkerControl, getTaskProducerToken } from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { until } from '../nest.test-support.js';
import { PageApp, stubEnvironment } from './support/page-app.js';
import { PageModules } from './support/page-modules.js';

const PAGE = 'docs/guide/module.md';
const modules = new PageModules([PAGE]);
afterAll(() => modules[Symbol.dispose]());

describe('docs/guide/module.md', () => {
  let sqs: LocalSqs;
  beforeEach(async () => {
    sqs = await LocalSqs.start();
    for (const queue of ['celery', 'search', 'shipping', 'billing', 'video', 'feeds', 'acme-index'])
      sqs.createQueue(queue);
    stubEnvironment(sqs);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await sqs.close();
  });

  const start = async (file: string, module: string): Promise<PageApp> => {
    const exported = await modules.import<Record<string, Type>>(PAGE, file);
    const root = exported[module];
    if (!root) throw new Error(`${file} exports no ${module}`);
    return PageApp.start({ imports: [root] });
  };
  const provider = async <Instance>(app: PageApp, file: string, name: string): Promise<Instance> => {
    const exported = await modules.import<Record<string, Type<Instance>>>(PAGE, file);
    return app.app.get<Instance>(exported[name] ?? '', { strict: false });
  };

  it('starts a queue when it is told to, and has a role without a worker', async () => {
    {
      await using app = await start('roles.module.ts', 'RolesModule');
      const search = await provider<{ warmUp(words: readonly string[]): void }>(app, 'roles.module.ts', 'SearchTasks');
      const control = app.app.get(WorkerControl);
      expect(control.queues().map(({ mode }) => mode)).toEqual(['running', 'new']);
      search.warmUp(['celery']);
      expect(await app.run('search.has', { args: ['celery'], queue: 'search' })).toBe('succeeded: True');
    }
    vi.stubEnv('ROLE', 'api');
    await using api = await start('roles.module.ts', 'RolesModule');
    expect(api.app.get(WorkerControl).queues()).toEqual([]);
  });

  it('brings queues of a feature', async () => {
    await using app = await start('shipping.module.ts', 'ShopModule');
    expect(app.app.get(WorkerControl).queues()).toMatchObject([
      { queue: 'celery' },
      { queue: 'shipping', concurrency: 2 },
    ]);
    expect(await app.run('shipping.label', { args: [7] })).toBe("succeeded: 'label 7'");
  });

  it('speaks over several connections', async () => {
    await using app = await start('regions.module.ts', 'RegionsModule');
    const invoices = await provider<{ send(net: number): Promise<void>; readonly worker: WorkerControl }>(
      app,
      'regions.module.ts',
      'Invoices',
    );
    await invoices.send(100);
    await until(() => invoices.worker.counts().succeeded === 1, 'the task of eu');
    await until(() => app.app.get(WorkerControl).counts().succeeded === 1, 'the task of the default connection');
    expect(app.app.get(getTaskProducerToken('eu'))).not.toBe(app.app.get(TaskProducer));
  });

  it('routes', async () => {
    await using app = await start('routes.module.ts', 'RoutesModule');
    const tasks = app.app.get(TaskProducer);
    await tasks.delay('video.encode');
    await tasks.delay('feed.poll');
    await tasks.delay('image.resize');
    await tasks.delay('words.index');
    await tasks.send('index', { kwargs: { tenant: 'acme' } });
    await tasks.delay('other');
    const visible = ['video', 'feeds', 'acme-index', 'celery'].map((queue) => sqs.queue(queue).visible);
    expect(visible).toEqual([2, 2, 1, 1]);
  });
});

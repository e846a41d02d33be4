import { setTimeout as sleep } from 'node:timers/promises';
import type { Type } from '@nestjs/common';
import { RemoteTaskError, SqsCeleryModule, Task, TaskProducer, TaskRevokedError } from 'nestjs-sqs-celery';
import type { LocalSqs } from 'nestjs-sqs-celery/testing';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { endPageSqs, PageApp, startPageSqs } from './support/page-app.js';
import { PageModules } from './support/page-modules.js';

const PAGE = 'docs/guide/results.md';

const modules = new PageModules([PAGE]);
afterAll(() => modules[Symbol.dispose]());

let sqs: LocalSqs;
beforeEach(async () => {
  sqs = await startPageSqs('celery');
});
afterEach(() => endPageSqs(sqs));

const stores = { resultBackend: 'cache+memory://', revocations: 'cache+memory://' };

interface Albums {
  start(pages: readonly number[]): Promise<string>;
  files(id: string): AsyncGenerator<unknown>;
  everything(taskId: string): Promise<unknown[]>;
}

interface Documents {
  render(pages: number): Promise<{ file?: string; id: string }>;
  fileOf(id: string, signal?: AbortSignal): Promise<string>;
  statusOf(id: string): Promise<{ state: string; details: unknown }>;
  cancel(id: string): Promise<void>;
}

/** The page's application, whose handler waits for `page` at each page. */
async function start(page: () => Promise<void>): Promise<[PageApp, Documents]> {
  const { Documents } = await modules.import<{ Documents: Type<Documents> }>(PAGE, 'documents.ts');
  const { RenderTasks } = await modules.import<{ RenderTasks: Type }>(PAGE, 'render.tasks.ts');
  Object.assign(RenderTasks.prototype, { renderPage: page });
  const app = await PageApp.start({ imports: [SqsCeleryModule.forRoot(stores)], providers: [RenderTasks, Documents] });
  return [app, app.get(Documents)];
}

it('starts without its stores, which are connected when they are needed', async () => {
  const { ResultsModule } = await modules.import<{ ResultsModule: Type }>(PAGE, 'results.module.ts');
  await using app = await PageApp.start({ imports: [ResultsModule] });
  await app.get(TaskProducer).delay('elsewhere');
  expect(sqs.queue('celery').visible).toBe(1);
});

it('starts without its bucket, which is asked when it is needed', async () => {
  const { BucketModule } = await modules.import<{ BucketModule: Type }>(PAGE, 'bucket.module.ts');
  await using app = await PageApp.start({ imports: [BucketModule] });
  await app.get(TaskProducer).delay('elsewhere');
  expect(sqs.queue('celery').visible).toBe(1);
});

it('waits for a result', async () => {
  const [app, documents] = await start(async () => {});
  await using _ = app;
  const { id, file } = await documents.render(3);
  expect(file).toBe('3 pages');
  expect(await documents.fileOf(id)).toBe('3 pages');
  expect(await documents.statusOf(id)).toEqual({ state: 'SUCCESS', details: '3 pages' });
  expect(await documents.statusOf('nobody')).toEqual({ state: 'PENDING', details: null });
  await expect(documents.fileOf('nobody', AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
});

it('tells how far a task is that takes longer than is waited, and cancels it', async () => {
  const [app, documents] = await start(() => sleep(50));
  await using _ = app;
  const { id, ...none } = await documents.render(1000);
  expect(none).toEqual({});
  expect(await documents.statusOf(id)).toEqual({
    state: 'PROGRESS',
    details: { done: expect.any(Number), of: 1000 },
  });
  await documents.cancel(id);
  await expect(documents.fileOf(id)).rejects.toThrow(TaskRevokedError);
  expect(await documents.statusOf(id)).toEqual({ state: 'REVOKED', details: expect.any(TaskRevokedError) });
});

it('gives the files of a group as they come, by its id', async () => {
  const { Albums } = await modules.import<{ Albums: Type<Albums> }>(PAGE, 'album.ts');
  const { RenderTasks } = await modules.import<{ RenderTasks: Type }>(PAGE, 'render.tasks.ts');
  Object.assign(RenderTasks.prototype, { renderPage: async () => {} });
  await using app = await PageApp.start({
    imports: [SqsCeleryModule.forRoot(stores)],
    providers: [RenderTasks, Albums],
  });
  const albums = app.get(Albums);
  const id = await albums.start([1, 2]);
  const files: unknown[] = [];
  for await (const file of albums.files(id)) files.push(file);
  expect(new Set(files)).toEqual(new Set(['1 pages', '2 pages']));
  for await (const file of albums.files(id)) files.push(file);
  expect(files).toHaveLength(2);
  const { id: single } = await app.get(TaskProducer).delay('pdf.render', 3);
  expect(await albums.everything(single)).toEqual(['3 pages']);
});

class Payments {
  charge(cents: number): string {
    if (cents < 1000) return 'charged';
    throw Object.assign(new Error('no funds'), { name: cents < 5000 ? 'CardDeclined' : 'Unheard' });
  }
}
Reflect.defineMetadata('design:paramtypes', [Number], Payments.prototype, 'charge');
Task('payments.charge')(Payments.prototype, 'charge', Object.getOwnPropertyDescriptor(Payments.prototype, 'charge')!);

it('throws what the task failed with', async () => {
  type Charge = (tasks: TaskProducer, cents: number) => Promise<string>;
  const { charge } = await modules.import<{ charge: Charge }>(PAGE, 'charge.ts');
  await using app = await PageApp.start({ imports: [SqsCeleryModule.forRoot(stores)], providers: [Payments] });
  expect(await charge(app.get(TaskProducer), 100)).toBe('charged');
  expect(await charge(app.get(TaskProducer), 2000)).toBe('declined: no funds');
  await expect(charge(app.get(TaskProducer), 9000)).rejects.toThrow(RemoteTaskError);
});

import type { Type } from '@nestjs/common';
import { SqsCeleryModule, TaskProducer, chord, signature, stamp, type SignatureJson } from 'nestjs-sqs-celery';
import type { LocalSqs } from 'nestjs-sqs-celery/testing';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { endPageSqs, PageApp, startPageSqs } from './support/page-app.js';
import { PageModules } from './support/page-modules.js';

const PAGE = 'docs/guide/workflows.md';

const modules = new PageModules([PAGE]);
afterAll(() => modules[Symbol.dispose]());

let sqs: LocalSqs;
beforeEach(async () => {
  sqs = await startPageSqs('celery', 'python');
});
afterEach(() => endPageSqs(sqs));

interface Library {
  one(url: string): Promise<number>;
  each(urls: readonly string[]): Promise<readonly number[]>;
  all(urls: readonly string[]): Promise<number>;
}

it('runs a chain, a group and a chord', async () => {
  const { Library } = await modules.import<{ Library: Type<Library> }>(PAGE, 'library.ts');
  const { WordTasks } = await modules.import<{ WordTasks: Type }>(PAGE, 'words.tasks.ts');
  await using app = await PageApp.start({
    imports: [SqsCeleryModule.forRoot({ resultBackend: 'cache+memory://' })],
    providers: [WordTasks, Library],
  });
  const library = app.get(Library);
  expect(await library.one('/a')).toBe(4);
  expect(await library.each(['/a', '/a b'])).toEqual([4, 5]);
  expect(await library.all(['/a', '/a b', '/'])).toBe(13);
  await expect(library.one('b')).rejects.toMatchObject({ name: 'ValueError', message: 'no page b' });
  await expect(library.all(['/a', 'b'])).rejects.toMatchObject({
    name: 'ChordError',
    message: expect.stringMatching(/^Dependency [-\da-f]{36} raised ValueError\('no page b'\)$/),
  });
});

interface Sent {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

function sentTo(queue: string): Sent[] {
  return sqs.queue(queue).messages.map(({ body }) => JSON.parse(Buffer.from(body, 'base64').toString('utf8')) as Sent);
}

it('continues a chain with a group in it', async () => {
  const { sizeOf } = await modules.import<{ sizeOf: (url: string) => SignatureJson }>(PAGE, 'words.ts');
  const { WordTasks } = await modules.import<{ WordTasks: Type }>(PAGE, 'words.tasks.ts');
  await using app = await PageApp.start({
    imports: [SqsCeleryModule.forRoot({ resultBackend: 'cache+memory://' })],
    providers: [WordTasks],
  });
  const result = await app.get(TaskProducer).send(sizeOf('/a'));
  expect(await result.get({ timeoutMs: 15_000 })).toBe(4 + 'thetextofa'.length);
});

it('replaces a task, and adds to a chord', async () => {
  const { WordTasks } = await modules.import<{ WordTasks: Type }>(PAGE, 'words.tasks.ts');
  const { SiteTasks } = await modules.import<{ SiteTasks: Type }>(PAGE, 'site.tasks.ts');
  const { CrawlTasks } = await modules.import<{ CrawlTasks: Type }>(PAGE, 'crawl.tasks.ts');
  await using app = await PageApp.start({
    imports: [SqsCeleryModule.forRoot({ resultBackend: 'cache+memory://' })],
    providers: [WordTasks, SiteTasks, CrawlTasks],
  });
  const tasks = app.get(TaskProducer);
  const words = async (site: string) => (await tasks.send('site.words', { args: [site] })).get({ timeoutMs: 15_000 });
  expect(await words('/')).toBe(0);
  expect(await words('/site')).toBe(4 + 5);
  const header = [signature('pages.crawl', { args: ['/start', ['/a', '/a b']] })];
  const all = await tasks.send(chord(header, signature('words.sum')));
  expect(await all.get({ timeoutMs: 15_000 })).toBe('/start'.length + 4 + 5);
});

it('tells tasks their stamps', async () => {
  const { TenantTasks } = await modules.import<{ TenantTasks: Type }>(PAGE, 'tenant.tasks.ts');
  await using app = await PageApp.start({
    imports: [SqsCeleryModule.forRoot({ resultBackend: 'cache+memory://' })],
    providers: [TenantTasks],
  });
  for (const task of ['tenant.report', 'tenant.redirected']) {
    const result = await app.get(TaskProducer).send(stamp(signature(task), { tenant: 'acme' }));
    expect(await result.get({ timeoutMs: 15_000 })).toBe('acme');
  }
});

it('sends what a Python worker runs', async () => {
  type Thumbnails = {
    resizeAll: (images: string[]) => SignatureJson;
    resizeMany: (sizes: [string, number][]) => SignatureJson;
  };
  const { resizeAll, resizeMany } = await modules.import<Thumbnails>(PAGE, 'thumbnails.ts');
  const queues = ['celery', { name: 'python', consume: false }];
  await using app = await PageApp.start({ imports: [SqsCeleryModule.forRoot({ queues })] });
  await app.get(TaskProducer).send(resizeAll(['a', 'b']));
  await app.get(TaskProducer).send(resizeMany(Array.from({ length: 101 }, () => ['a', 100])));
  const names = sentTo('python').map(({ headers }) => headers['task']);
  expect(names).toEqual(['celery.map', 'celery.starmap', 'celery.starmap']);
});

it('sends signatures with what was added to them', async () => {
  const { nightly } = await modules.import<{ nightly: SignatureJson }>(PAGE, 'notify.ts');
  await using app = await PageApp.start({ imports: [SqsCeleryModule.forRoot()] });
  expect(await app.get(TaskProducer).send(nightly)).toMatchObject({ id: 'words-of-news' });
  const [first] = sentTo('celery');
  expect(first?.headers).toMatchObject({ task: 'pages.fetch', stamps: { tenant: 'acme' }, eta: expect.any(String) });
  const [, , embed] = JSON.parse(Buffer.from(first?.body ?? '', 'base64').toString('utf8')) as unknown[];
  expect(embed).toMatchObject({
    errbacks: [{ task: 'ops.alarm' }],
    chain: [
      {
        task: 'words.count',
        options: {
          task_id: 'words-of-news',
          link: [{ task: 'site.publish' }, { task: 'tmp.clean', immutable: true }],
          link_error: [{ task: 'ops.alarm' }],
        },
      },
    ],
  });
});

import type { INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SqsCeleryModule, Task, TaskProducer, type TaskDefinition } from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RecordingLogger, until } from '../nest.test-support.js';
import { markdownFiles } from './support/markdown.js';
import { PageApp, stubEnvironment } from './support/page-app.js';
import { PageModules } from './support/page-modules.js';
import { snippetFiles } from './support/snippets.js';
import { typeErrors } from './support/type-check.js';

const PAGES = markdownFiles().filter((page) => page === 'README.md' || page.startsWith('docs/'));

// docs/guide/python.md is run with Python: test/interop/guide.spec.ts.
const modules = new PageModules(PAGES);
afterAll(() => modules[Symbol.dispose]());

it('compiles every TypeScript snippet', () => {
  expect(typeErrors(PAGES.flatMap(snippetFiles))).toEqual([]);
}, 60_000);

type Providers = Readonly<Record<string, Type>>;

describe('snippets that run', () => {
  let sqs: LocalSqs;
  beforeEach(async () => {
    sqs = await LocalSqs.start();
    stubEnvironment(sqs);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    await sqs.close();
  });

  it('README.md', async () => {
    sqs.createQueue('celery');
    sqs.createQueue('python');
    const log = new RecordingLogger();
    const create = NestFactory.createApplicationContext.bind(NestFactory);
    const spy = vi.spyOn(NestFactory, 'createApplicationContext');
    spy.mockImplementation((module) => create(module, { logger: log }));
    await modules.import('README.md', 'main.ts');
    const app = (await spy.mock.results[0]?.value) as INestApplicationContext;
    try {
      await until(() => sqs.queue('python').messages.length === 1, 'the last of what is sent');
      expect(sqs.queue('celery').delayed).toBe(1);
      expect(sqs.queue('python').messages.map(headersOf)).toMatchObject([{ task: 'audit.log' }]);
      const succeeded = /Task orders\.ship\[.*\] succeeded in .*'order 1 shipped by express, attempt 1'/;
      await until(() => succeeded.test(log.text()), 'the task');
    } finally {
      await app.close();
    }
  });

  describe('docs/guide/tasks.md', () => {
    const page = 'docs/guide/tasks.md';
    const files = [
      'math.tasks.ts',
      'report.tasks.ts',
      'invoice.tasks.ts',
      'payment.tasks.ts',
      'webhook.tasks.ts',
      'audit.tasks.ts',
      'export.tasks.ts',
    ];

    async function start(): Promise<PageApp> {
      sqs.createQueue('celery');
      const exported = await Promise.all(files.map((file) => modules.import<Providers>(page, file)));
      const providers = exported
        .flatMap((module) => Object.entries(module))
        .flatMap(([name, value]) => (/(Tasks|Tenant)$/.test(name) ? [value] : []));
      return PageApp.start({ imports: [SqsCeleryModule.forRoot()], providers });
    }

    it('binds arguments', async () => {
      await using app = await start();
      expect(await app.run('proj.tasks.add', { args: [1], kwargs: { y: 2 } })).toBe('succeeded: 3');
      expect(await app.run('proj.tasks.add', { args: [1] })).toBe('succeeded: 2');
      expect(await app.run('proj.tasks.add', {})).toMatch(
        /^raised unexpected: TypeError\(.add\(\) missing 1 required positional argument: .*x.*\)$/,
      );
      expect(await app.run('reports.render', { args: ['Q1', '3', 'a', 'b'], kwargs: { colour: true } })).toBe(
        "succeeded: 'Q1: 3 pages, 2 sections, 300 dpi, 1 options'",
      );
      expect(await app.run('reports.render', { args: ['Q1'], kwargs: { dpi: 72 } })).toBe(
        "succeeded: 'Q1: 1 pages, 0 sections, 72 dpi, 0 options'",
      );
    });

    it('validates', async () => {
      await using app = await start();
      expect(await app.run('billing.invoice', { args: [{ number: 7, to: 'ada@example.org' }] })).toBe(
        "succeeded: 'invoice 7 to ada@example.org'",
      );
      expect(await app.run('billing.invoice', { args: [{ number: 7, to: 'nobody' }] })).toMatch(/BadRequestException/);
    });

    it('retries, ignores, rejects', async () => {
      await using app = await start();
      expect(await app.run('payments.capture', { args: ['p1'] })).toBe(
        "retry: Retry in 1s: Error('p1')\nsucceeded: 'captured in attempt 2'",
      );
      expect(await app.run('payments.refund', { args: ['p1'] })).toMatch(
        /^retry: .*\nraised unexpected: Error\('p1'\)$/,
      );
      expect(await app.run('payments.settle', { args: ['settled by hand'] })).toBe('ignored');
      expect(await app.run('payments.settle', { args: ['of another system'] })).toBe('reject requeue=False: not ours');
      expect(await app.run('payments.settle', { args: ['closed account'] })).toMatch(
        /^raised unexpected: Unrecoverable/,
      );
      await until(() => sqs.queue('celery').messages.length === 0, 'an empty queue');
    });

    it('retries what a predicate says, and tells when retries are used up', async () => {
      await using app = await start();
      expect(await app.run('webhooks.post', { args: [404] })).toBe("raised unexpected: Error('HTTP 404')");
      const { givenUp } = await modules.import<{ givenUp: string[] }>(page, 'webhook.tasks.ts');
      expect(await app.run('webhooks.post', { args: [503], taskId: 'delivery-7' })).toMatch(/^(retry: .*\n){2}raised/);
      expect(givenUp).toEqual(['delivery-7: Error: HTTP 503 after 2 retries']);
    });

    it('keeps time limits', async () => {
      await using app = await start();
      expect(await app.run('export.all', { args: [0] })).toBe("succeeded: 'exported'");
      expect(await app.run('export.all', { args: [30], softTimeLimit: 0.1 })).toMatch(
        /raised unexpected: SoftTimeLimit/,
      );
    });

    it('runs guards, filters and request scope', async () => {
      await using app = await start();
      const headers = { tenant: 'acme' };
      expect(await app.run('audit.count', { args: [3], headers })).toBe("succeeded: '3 entries of acme'");
      expect(await app.run('audit.count', { args: [3] })).toMatch(/^raised unexpected: ForbiddenException/);
      expect(await app.run('audit.count', { args: [-1], headers })).toBe(
        "raised unexpected: Error('audit.count: entries must not be negative')",
      );
    });
  });

  describe('docs/guide/producing.md', () => {
    const page = 'docs/guide/producing.md';

    /** The producer that a file of the page shows, in an application that only sends. */
    async function start<Producer>(file: string, provider: string, queues: string[]): Promise<[PageApp, Producer]> {
      for (const queue of queues) sqs.createQueue(queue);
      const exported = await modules.import<Record<string, Type<Producer>>>(page, file);
      const app = await PageApp.start({
        imports: [SqsCeleryModule.forRoot({ queues })],
        providers: [exported[provider]!],
      });
      return [app, app.get(exported[provider]!)];
    }

    it('sends by name', async () => {
      const [app, signup] = await start<{ register(email: string): Promise<string> }>('signup.ts', 'Signup', [
        'celery',
      ]);
      await using _ = app;
      const id = await signup.register('ada@example.org');
      const { messages } = sqs.queue('celery');
      expect(messages.map(headersOf)).toMatchObject([
        { task: 'crm.add_contact', eta: null },
        { task: 'mail.welcome', id },
      ]);
      expect(sqs.queue('celery')).toMatchObject({ visible: 1, delayed: 1 });
    });

    it('sends definitions, ten in a request', async () => {
      type Newsletter = { send(readers: string[]): Promise<void>; urgent(to: string): Promise<void> };
      const [app, newsletter] = await start<Newsletter>('newsletter.ts', 'Newsletter', ['celery', 'mail']);
      await using _ = app;
      await newsletter.send(Array.from({ length: 20 }, (_value, index) => `reader ${index}`));
      expect(sqs.requestCounts()['SendMessageBatch']).toBe(2);
      await newsletter.urgent('ada@example.org');
      const [first, last] = [sqs.queue('mail').messages[0]!, sqs.queue('mail').messages.at(-1)!].map(headersOf);
      expect(Date.parse(first!.expires) - Date.parse(last!.expires)).toBeGreaterThan(3000 * 1000);
    });

    it('sends to FIFO and fair queues', async () => {
      type Ledger = {
        book(account: string, cents: number, id: string): Promise<void>;
        exportAll(tenant: string): Promise<void>;
      };
      const [app, ledger] = await start<Ledger>('ledger.ts', 'Ledger', ['celery', 'ledger.fifo']);
      await using _ = app;
      await ledger.book('ada', 100, 'booking 1');
      await ledger.book('ada', 100, 'booking 1');
      await ledger.exportAll('acme');
      expect(sqs.queue('ledger.fifo').messages).toMatchObject([{ groupId: 'ada' }]);
      expect(sqs.queue('celery').messages).toMatchObject([{ groupId: 'acme' }]);
    });

    it('sends callbacks', async () => {
      const [app, imports] = await start<{ start(file: string): Promise<void> }>('import.ts', 'Import', ['celery']);
      await using _ = app;
      await imports.start('a.csv');
      const [, , embed] = JSON.parse(
        Buffer.from(envelopeOf(sqs.queue('celery').messages[0]!).body, 'base64').toString(),
      );
      expect(embed).toMatchObject({
        callbacks: [{ task: 'proj.tasks.index', immutable: false }],
        errbacks: [{ task: 'proj.tasks.alert', immutable: true }],
      });
    });
  });

  it('docs/guide/configuration.md', async () => {
    const page = 'docs/guide/configuration.md';
    for (const name of ['celery', 'reports', 'billing']) {
      sqs.createQueue(name);
      sqs.createQueue(`staging-${name}`);
    }
    vi.stubEnv('SQS_CELERY_QUEUES', 'reports,celery');
    for (const [file, name, queue] of [
      ['app.module.ts', 'AppModule', 'staging-celery'],
      ['queues.module.ts', 'QueuesModule', 'video'],
      ['async.module.ts', 'ExistingModule', 'celery'],
      ['async.module.ts', 'ClassModule', 'celery'],
      ['async.module.ts', 'FactoryModule', 'celery'],
      ['config.module.ts', 'FromEnvironmentModule', 'reports'],
      ['config.module.ts', 'WithConcurrencyModule', 'reports'],
    ] as const) {
      const exported = await modules.import<Providers>(page, file);
      await using app = await PageApp.start({ imports: [exported[name]!] });
      const before = sqs.queueNames().includes(queue) ? sqs.queue(queue).visible : 0;
      await app.get(TaskProducer).delay('elsewhere');
      expect({ name, visible: sqs.queue(queue).visible }).toEqual({ name, visible: before + 1 });
    }
    const { attributes, tags } = sqs.queue('video');
    expect(JSON.parse(attributes['RedrivePolicy']!)).toMatchObject({ maxReceiveCount: 20 });
    expect(attributes).toMatchObject({ VisibilityTimeout: '300', MessageRetentionPeriod: '1209600' });
    expect(tags).toEqual({ team: 'media' });
    expect(sqs.queue('video-dlq').attributes).toMatchObject({ MessageRetentionPeriod: '1209600' });
  });

  describe('docs/guide/values.md', () => {
    const page = 'docs/guide/values.md';

    it('keeps exact types', async () => {
      sqs.createQueue('celery');
      const { store, values } = await modules.import<{ store: TaskDefinition; values: unknown[] }>(page, 'values.ts');
      const received: unknown[] = [];
      class Store {
        run(all: unknown[]): void {
          received.push(...all);
        }
      }
      Reflect.defineMetadata('design:paramtypes', [Array], Store.prototype, 'run');
      Task(store.name)(Store.prototype, 'run', Object.getOwnPropertyDescriptor(Store.prototype, 'run')!);
      await using app = await PageApp.start({ imports: [SqsCeleryModule.forRoot()], providers: [Store] });
      await app.run(store.name, { args: [values] });
      expect(received).toEqual(values);
    });

    it('gives handlers what the types of their parameters ask for', async () => {
      sqs.createQueue('celery');
      const { PriceTasks } = await modules.import<Providers>(page, 'price.tasks.ts');
      const { Decimal, Float } = await import('nestjs-sqs-celery');
      await using app = await PageApp.start({ imports: [SqsCeleryModule.forRoot()], providers: [PriceTasks!] });
      expect(await app.run('prices.plain', { args: [new Float(1), 'EUR'] })).toBe("succeeded: 'number 1 EUR'");
      expect(await app.run('prices.exact', { args: [new Decimal('1.10')] })).toBe("succeeded: '1.10'");
      expect(await app.run('prices.list', { args: [[new Float(1), new Decimal('1.10')]] })).toBe(
        `succeeded: '[1,"1.10"]'`,
      );
    });

    it('carries own types', async () => {
      sqs.createQueue('celery');
      const { MoneyModule, Money } = await modules.import<Providers>(page, 'money.module.ts');
      await using app = await PageApp.start({ imports: [MoneyModule!] });
      await app.get(TaskProducer).delay('shop.pay', Reflect.construct(Money!, [1250]));
      const { body } = envelopeOf(sqs.queue('celery').messages[0]!);
      expect(JSON.parse(Buffer.from(body, 'base64').toString())[0]).toEqual([{ __type__: 'money', __value__: 1250 }]);
    });
  });

  it('docs/guide/local-sqs.md', async () => {
    const page = 'docs/guide/local-sqs.md';
    const { names } = await modules.import<{ names: string[] }>(page, 'endpoint.ts');
    expect(names.toSorted()).toEqual(['celery', 'celery-dlq']);
    sqs.createQueue('celery');
    const { storm } = await modules.import<{ storm: (sqs: LocalSqs) => void }>(page, 'faults.ts');
    await using app = await PageApp.start({ imports: [SqsCeleryModule.forRoot()] });
    storm(sqs);
    await app.get(TaskProducer).delay('elsewhere');
    expect(sqs.requestCounts()['SendMessageBatch']).toBe(4);
  });

  it('docs/reference/errors.md', async () => {
    sqs.createQueue('celery');
    const { sendOrDrop } = await modules.import<{ sendOrDrop: (tasks: TaskProducer, report: string) => Promise<void> }>(
      'docs/reference/errors.md',
      'catch.ts',
    );
    await using app = await PageApp.start({ imports: [SqsCeleryModule.forRoot()] });
    await sendOrDrop(app.get(TaskProducer), 'x'.repeat(2_000_000));
    await sendOrDrop(app.get(TaskProducer), 'x');
    expect(sqs.queue('celery').visible).toBe(1);
  });
});

describe('docs/guide/local-sqs.md: reminders.spec.ts', async () => {
  // A test of the reader's: it registers itself here.
  await modules.import('docs/guide/local-sqs.md', 'reminders.spec.ts');
});

interface Envelope {
  readonly body: string;
  readonly headers: {
    readonly task: string;
    readonly id: string;
    readonly eta: string | null;
    readonly expires: string;
  };
}

function envelopeOf({ body }: { body: string }): Envelope {
  return JSON.parse(Buffer.from(body, 'base64').toString()) as Envelope;
}

function headersOf(message: { body: string }): Envelope['headers'] {
  return envelopeOf(message).headers;
}

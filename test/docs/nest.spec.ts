import type { INestApplication, INestApplicationContext, Type } from '@nestjs/common';
import { ContextIdFactory, NestFactory, type ContextIdStrategy } from '@nestjs/core';
import { SqsCeleryModule, TaskProducer, type SendOptions } from 'nestjs-sqs-celery';
import type { LocalSqs } from 'nestjs-sqs-celery/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordingLogger } from '../nest.test-support.js';
import { outcomeInLog } from '../support/task-outcome.js';
import { endPageSqs, PageApp, startPageSqs } from './support/page-app.js';
import { PageModules } from './support/page-modules.js';

const PAGE = 'docs/guide/nest.md';

const modules = new PageModules([PAGE]);
afterAll(() => modules[Symbol.dispose]());

let sqs: LocalSqs;
beforeEach(async () => {
  sqs = await startPageSqs('celery');
});
afterEach(async () => {
  Reflect.deleteProperty(ContextIdFactory, 'strategy');
  await endPageSqs(sqs);
});

describe('the common application', () => {
  async function withApp(
    create: (module: Type, logger: RecordingLogger) => Promise<INestApplicationContext>,
    use: (app: INestApplicationContext, log: RecordingLogger) => Promise<void>,
  ): Promise<void> {
    const { AppModule } = await modules.import<{ AppModule: Type }>(PAGE, 'app.module.ts');
    const log = new RecordingLogger();
    const app = await create(AppModule, log);
    try {
      await use(app, log);
    } finally {
      await app.close();
    }
  }

  async function checkTasks(app: INestApplicationContext, log: RecordingLogger): Promise<void> {
    const run = async (weight: unknown): Promise<string> => {
      const { id } = await app.get(TaskProducer).delay('parcels.price', { weight });
      return outcomeInLog(log, id);
    };
    expect(await run(4)).toBe('succeeded: 8');
    expect(await run(40)).toBe(`raised unexpected: RangeError('too heavy')`);
    expect(await run('light')).toBe(`raised unexpected: BadRequestException('weight must be an integer number')`);
  }

  it('serves HTTP and runs tasks', async () => {
    const create = async (module: Type, logger: RecordingLogger): Promise<INestApplication> => {
      const app = await NestFactory.create(module, { logger });
      await app.listen(0, '127.0.0.1');
      return app;
    };
    await withApp(create, async (app, log) => {
      const url = await (app as INestApplication).getUrl();
      const denied = await fetch(`${url}/parcels/5`);
      expect(await denied.json()).toEqual({ statusCode: 401, path: '/parcels/5' });
      const allowed = await fetch(`${url}/parcels/5`, { headers: { authorization: 'Bearer valid' } });
      const { data: id } = (await allowed.json()) as { data: string };
      expect(await outcomeInLog(log, id)).toBe('succeeded: 10');
      await checkTasks(app, log);
      expect(log.of({ level: 'log' })).toContain(
        'Global enhancers run for tasks as well: guards AuthGuard; interceptors TransformInterceptor, TimeoutInterceptor; ' +
          'pipes ValidationPipe; filters CatchEverythingFilter.',
      );
    });
  });

  it('runs the same tasks alone', async () => {
    await withApp((module, logger) => NestFactory.createApplicationContext(module, { logger }), checkTasks);
  });
});

async function withProvider(file: string, provider: string): Promise<PageApp> {
  const { [provider]: tasks } = await modules.import<Record<string, Type>>(PAGE, file);
  return PageApp.start({ imports: [SqsCeleryModule.forRoot()], providers: [tasks!] });
}

it.each<[SendOptions, string]>([
  [{ args: ['cat.png'], kwargs: { size: 32 } }, `succeeded: 'cat.png in 32 px'`],
  [{ args: ['cat.png'] }, `succeeded: 'cat.png in 64 px'`],
  [{ args: ['cat.png'], kwargs: { size: 0 } }, `raised unexpected: BadRequestException('must be a positive integer')`],
  [{ args: ['cat.png'], kwargs: { dpi: 3 } }, `raised unexpected: BadRequestException('must have no other keys')`],
])('validates %j with schemas', async (options, outcome) => {
  await using app = await withProvider('thumbnail.tasks.ts', 'ThumbnailTasks');
  expect(await app.run('thumbnails.make', options)).toBe(outcome);
});

it("reads the user of the task's headers", async () => {
  await using app = await withProvider('login.tasks.ts', 'LoginTasks');
  const options = { args: ['10.0.0.1'], headers: { user: 'ada' } };
  expect(await app.run('logins.record', options)).toBe("succeeded: 'ada from 10.0.0.1'");
});

it('opens one database for each tenant', async () => {
  const page = await modules.import<Record<string, Type>>(PAGE, 'tenants.ts');
  ContextIdFactory.apply(new page['TenantStrategy']!() as ContextIdStrategy);
  await using app = await PageApp.start({
    imports: [SqsCeleryModule.forRoot()],
    providers: [page['TenantDatabase']!, page['TenantTasks']!],
  });
  const run = (tenant: string): Promise<string> => app.run('tenants.database', { headers: { 'x-tenant': tenant } });
  const [first, second, other] = [await run('acme'), await run('acme'), await run('umbrella')];
  expect(first).toMatch(/^succeeded: 'db-of-acme opened at /);
  expect(second).toBe(first);
  expect(other).toMatch(/^succeeded: 'db-of-umbrella opened at /);
});

it('runs tasks in a scope', async () => {
  const { TenantScopeModule } = await modules.import<{ TenantScopeModule: Type }>(PAGE, 'tenant-scope.module.ts');
  await using app = await PageApp.start({ imports: [TenantScopeModule] });
  expect(await app.run('greetings.greet', { headers: { tenant: 'acme' } })).toBe("succeeded: 'Hello acme'");
});

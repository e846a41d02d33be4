import type { AddressInfo } from 'node:net';
import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SqsCeleryModule, Task, TaskProducer } from 'nestjs-sqs-celery';
import type { LocalSqs } from 'nestjs-sqs-celery/testing';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { RecordingLogger, until } from '../nest.test-support.js';
import { endPageSqs, PageApp, startPageSqs } from './support/page-app.js';
import { PageModules } from './support/page-modules.js';

const PAGE = 'docs/guide/health.md';

const modules = new PageModules([PAGE]);
afterAll(() => modules[Symbol.dispose]());

let sqs: LocalSqs;
beforeEach(async () => {
  sqs = await startPageSqs('celery');
});
afterEach(() => endPageSqs(sqs));

let release = (): void => {};
let started = 0;

class Tasks {
  @Task('gated')
  async gated(): Promise<void> {
    started++;
    await new Promise<void>((resolve) => (release = resolve));
  }
}

it('answers probes, while it drains as well', async () => {
  const { HealthModule } = await modules.import<{ HealthModule: Type }>(PAGE, 'health.controller.ts');
  @Module({ imports: [SqsCeleryModule.forRoot(), HealthModule], providers: [Tasks] })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: new RecordingLogger() });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const probe = async (path: string): Promise<[number, string[]]> => {
    const response = await fetch(`http://127.0.0.1:${port}/health/${path}`);
    const { details } = (await response.json()) as { details: { celery: { problems: string[] } } };
    return [response.status, details.celery.problems];
  };
  expect([await probe('live'), await probe('ready')]).toEqual([
    [200, []],
    [200, []],
  ]);
  await app.get(TaskProducer).delay('gated');
  await until(() => started === 1, 'the task');
  const closing = app.close();
  await new Promise((resolve) => setImmediate(resolve));
  expect(await probe('ready')).toEqual([503, ['The application is closing: nothing is received any more']]);
  expect(await probe('live')).toEqual([200, []]);
  release();
  await closing;
});

it('says how it is in a line, and how much is left to do', async () => {
  type Status = Type<{ line(): string; backlog(): Promise<number> }>;
  const { Status } = await modules.import<{ Status: Status }>(PAGE, 'check.ts');
  const app = await PageApp.start({ imports: [SqsCeleryModule.forRoot({ worker: false })], providers: [Status] });
  const status = app.get(Status);
  await app.get(TaskProducer).delay('elsewhere');
  expect([status.line(), await status.backlog()]).toEqual(['up', 1]);
  await app[Symbol.asyncDispose]();
  expect(status.line()).toBe('down: The application is closing: nothing is received any more');
});

import type { AsyncLocalStorage } from 'node:async_hooks';
import type { Type } from '@nestjs/common';
import { Retry, SqsCeleryModule, Task, TaskContext, TaskProducer, TaskRequest } from 'nestjs-sqs-celery';
import type { LocalSqs } from 'nestjs-sqs-celery/testing';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { until } from '../nest.test-support.js';
import { endPageSqs, PageApp, startPageSqs } from './support/page-app.js';
import { PageModules } from './support/page-modules.js';

const PAGE = 'docs/guide/events.md';

const modules = new PageModules([PAGE]);
afterAll(() => modules[Symbol.dispose]());

let sqs: LocalSqs;
beforeEach(async () => {
  sqs = await startPageSqs('celery');
});
afterEach(() => endPageSqs(sqs));

class Tasks {
  @Task('payments.capture')
  capture(_payment: string, @TaskContext() task: TaskRequest): void {
    if (task.retries === 0) throw new Retry({ countdown: 0 });
  }

  @Task('reports.render')
  render(fails: boolean): string {
    if (fails) throw new Error('no paper');
    return 'a report';
  }
}

it('alerts, and says at the end what the worker did', async () => {
  const { Alerts } = await modules.import<{ Alerts: Type<{ sent: string[] }> }>(PAGE, 'alerts.ts');
  const app = await PageApp.start({ imports: [SqsCeleryModule.forRoot()], providers: [Tasks, Alerts] });
  const { sent } = app.get(Alerts);
  await app.run('payments.capture', { args: ['p1'] });
  await app.run('reports.render', { args: [true] });
  await until(() => sent.length === 2, 'both alerts');
  await app[Symbol.asyncDispose]();
  expect(sent).toEqual([
    'a payment is tried again in 0 s',
    'reports.render failed in attempt 1: Error: no paper',
    '1 tasks succeeded, 0 were cut off',
  ]);
});

it('carries a trace with the messages', async () => {
  interface TracingModule {
    readonly trace: AsyncLocalStorage<string>;
    readonly Tracing: Type<{ spans: Map<string, string> }>;
  }
  const { trace, Tracing } = await modules.import<TracingModule>(PAGE, 'tracing.ts');
  await using app = await PageApp.start({ imports: [SqsCeleryModule.forRoot()], providers: [Tasks, Tracing] });
  const tasks = app.get(TaskProducer);
  const { id } = await trace.run('00-abc-01', () => tasks.delay('payments.capture', 'p1'));
  const { spans } = app.get(Tracing);
  await until(() => spans.get(id)?.endsWith('SUCCESS') ?? false, 'the second attempt');
  expect(spans.get(id)).toBe('00-abc-01 payments.capture SUCCESS');
  const { id: untraced } = await tasks.delay('reports.render', true);
  await until(() => spans.get(untraced)?.endsWith('FAILURE') ?? false, 'the failure');
  expect(spans.get(untraced)).toBe('undefined reports.render FAILURE');
});

it('waits for the next run of a task', async () => {
  const { Progress } = await modules.import<{ Progress: Type<{ next(task: string): Promise<unknown> }> }>(
    PAGE,
    'progress.ts',
  );
  await using app = await PageApp.start({ imports: [SqsCeleryModule.forRoot()], providers: [Tasks, Progress] });
  const next = app.get(Progress).next('reports.render');
  await app.run('payments.capture', { args: ['p1'] }, /succeeded/);
  await app.run('reports.render', { args: [false] });
  expect(await next).toBe('a report');
});

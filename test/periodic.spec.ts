import { Module, type Type } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { MemoryIdempotencyStore, SqsCeleryModule } from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { codeBlocks, readPage } from './docs/support/markdown.js';
import { PageApp, stubEnvironment } from './docs/support/page-app.js';
import { PageModules } from './docs/support/page-modules.js';
import { until } from './nest.test-support.js';
import { sendRaw } from './support/send-raw.js';

const PAGE = 'docs/guide/periodic.md';

const modules = new PageModules([PAGE]);
afterAll(() => modules[Symbol.dispose]());

let sqs: LocalSqs;
beforeEach(async () => {
  sqs = await LocalSqs.start();
  stubEnvironment(sqs);
  sqs.createQueue('celery');
  sqs.createQueue('dead.fifo');
  const redrivePolicy = JSON.stringify({ deadLetterTargetArn: sqs.queue('dead.fifo').arn, maxReceiveCount: 10 });
  sqs.createQueue('periodic.fifo', { attributes: { RedrivePolicy: redrivePolicy } });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await sqs.close();
});

interface ReportTasks {
  readonly written: string[];
}

async function reportTasks(): Promise<Type<ReportTasks>> {
  const { ReportTasks } = await modules.import<{ ReportTasks: Type<ReportTasks> }>(PAGE, 'report.tasks.ts');
  return ReportTasks;
}

describe('EventBridge Scheduler', () => {
  const input = codeBlocks(readPage(PAGE)).find(({ language }) => language === 'json')!.text;

  /** What Scheduler puts on the queue. */
  function messageAt(time: string): string {
    return input.replaceAll('<aws.scheduler.scheduled-time>', time);
  }

  it("sends the page's message, which runs the task once for each tick", async () => {
    const ReportTasks = await reportTasks();
    const idempotency = new MemoryIdempotencyStore();
    @Module({ imports: [SqsCeleryModule.forRoot({ idempotency })], providers: [ReportTasks] })
    class AppModule {}
    await using app = await PageApp.start({ imports: [AppModule] });
    const tonight = messageAt('2026-01-01T03:00:00Z');
    await sendRaw(sqs, 'celery', tonight);
    await app.ended('nightly@2026-01-01T03:00:00Z');
    // Sent again by Scheduler.
    await sendRaw(sqs, 'celery', tonight);
    await app.ended('nightly@2026-01-01T03:00:00Z', /ran before/);
    await sendRaw(sqs, 'celery', messageAt('2026-01-02T03:00:00Z'));
    await app.ended('nightly@2026-01-02T03:00:00Z');
    expect(app.get(ReportTasks).written).toEqual([
      'eu, full, nightly@2026-01-01T03:00:00Z',
      'eu, full, nightly@2026-01-02T03:00:00Z',
    ]);
  });
});

describe('@nestjs/schedule', () => {
  let apps: PageApp[];
  afterEach(() => Promise.all(apps.map((app) => app[Symbol.asyncDispose]())));

  /** Two instances of the page's application. */
  async function start(file: string, name: string): Promise<void> {
    const exported = await modules.import<Record<string, Type>>(PAGE, file);
    apps = await Promise.all([1, 2].map(() => PageApp.start({ imports: [exported[name]!] })));
  }

  /** The tick of each instance, as its cron job fires it. */
  async function tick(): Promise<void> {
    for (const app of apps) await app.get(SchedulerRegistry).getCronJob('nightly').fireOnTick();
  }

  async function written(): Promise<string[]> {
    const ReportTasks = await reportTasks();
    return apps.flatMap((app) => app.get(ReportTasks).written);
  }

  /** How often the workers of both have written such a line. */
  function lines(pattern: RegExp): number {
    return apps.flatMap((app) => app.log.of({ context: 'celery.app.trace' })).filter((line) => pattern.test(line))
      .length;
  }

  it('is due at three, in every instance', async () => {
    await start('store.module.ts', 'StoreModule');
    const dates = apps.map((app) => app.get(SchedulerRegistry).getCronJob('nightly').nextDate().toUTC().toISO());
    expect(dates).toEqual([expect.stringContaining('T03:00:00'), dates[0]]);
  });

  it('sends one message to a FIFO queue', async () => {
    await start('fifo.module.ts', 'FifoModule');
    await tick();
    await until(() => lines(/succeeded/) === 1 && sqs.queue('periodic.fifo').messages.length === 0, 'the run');
    expect(sqs.requestCounts()).toMatchObject({ SendMessageBatch: 2 });
    expect(await written()).toEqual([expect.stringMatching(/^eu, short, nightly@\d{4}-\d\d-\d\dT\d\d:\d\d:00.000Z$/)]);
    // Ends the polls, which are awaited on FIFO queues.
    await sqs.close();
  });

  it('runs once by an idempotency store, for as many messages as there are instances', async () => {
    await start('store.module.ts', 'StoreModule');
    await tick();
    await until(() => lines(/ran before/) === 1 && sqs.queue('celery').messages.length === 0, 'the second message');
    expect(lines(/succeeded/)).toBe(1);
    expect(await written()).toHaveLength(1);
  });

  it('has one id for clocks that differ by seconds, and another for each minute', async () => {
    const { tickId } = await modules.import<{ tickId: (name: string, now: number) => string }>(PAGE, 'nightly.ts');
    const at = (time: string): string => tickId('nightly', Date.parse(`2026-01-01T${time}Z`));
    apps = [];
    expect(at('02:59:58')).toBe('nightly@2026-01-01T03:00:00.000Z');
    expect(at('03:00:20')).toBe(at('02:59:58'));
    expect(at('03:01:00')).not.toBe(at('03:00:00'));
  });
});

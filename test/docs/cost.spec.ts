import type { AddressInfo } from 'node:net';
import { Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SqsCeleryCosts, SqsCeleryModule, Task, type SqsCeleryOptions, type SendOptions } from 'nestjs-sqs-celery';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LocalSqs } from 'nestjs-sqs-celery/testing';
import { RecordingLogger, until } from '../nest.test-support.js';
import { startVirtualApp, startVirtualSqs, type VirtualApp } from '../support/virtual-app.js';
import { readPage } from './support/markdown.js';
import { endPageSqs, PageApp, startPageSqs } from './support/page-app.js';
import { PageModules } from './support/page-modules.js';

const PAGE = 'docs/guide/cost.md';
const SECOND = 1000;
const HOUR = 3_600_000;
const KB = 1024;

const modules = new PageModules([PAGE]);
afterAll(() => modules[Symbol.dispose]());

@Injectable()
class Tasks {
  /** Its clock is what long tasks wait for. */
  app: VirtualApp | undefined;

  @Task('short')
  short(_text = ''): void {}

  @Task('long')
  async long(seconds: number): Promise<void> {
    await new Promise<void>((resolve) => this.app?.clock.setTimeout(resolve, seconds * SECOND));
  }
}

async function start(options: SqsCeleryOptions = {}): Promise<VirtualApp> {
  const running = await startVirtualApp({ providers: [Tasks], options });
  running.app.get(Tasks).app = running;
  await running.clock.settle();
  return running;
}

/** What has been billed, empty receives left out: they come with time. */
function billed({ app }: VirtualApp): number {
  const { billed: all, empty } = app.get(SqsCeleryCosts).estimate();
  // One poll is always out.
  return all - empty - 1;
}

/** What some tasks add to the bill. */
async function costOf(running: VirtualApp, hours: number, tasks: number, name: string, options: SendOptions = {}) {
  const before = billed(running);
  await Promise.all(Array.from({ length: tasks }, () => running.tasks.send(name, options)));
  await running.clock.advance(hours * HOUR);
  return billed(running) - before;
}

const text = (kb: number): SendOptions => ({ args: ['x'.repeat(kb * KB)] });

describe('what tasks add', () => {
  it('is 3 for one alone, and 0.3 for each of many', async () => {
    await using running = await start();
    expect(await costOf(running, 0.1, 1, 'short')).toBe(3);
    expect(await costOf(running, 0.1, 100, 'short')).toBe(30);
  });

  it.each([
    [{}, 200],
    [{ lease: 300 }, 20],
  ])('is one extension for up to ten long tasks, with %o', async (options, extensions) => {
    await using running = await start(options);
    expect(await costOf(running, 1.1, 1, 'long', { args: [3600] })).toBe(3 + extensions);
    const ten = await costOf(running, 1.1, 10, 'long', { args: [3600] });
    expect(ten).toBeLessThanOrEqual(3 + extensions + 10);
  });

  it.each([
    [0.2, 3],
    [1, 3 + 3],
    [13, 3 + 6],
  ])('with a countdown of %d hours is %i', { timeout: 60_000 }, async (hours, requests) => {
    await using running = await start();
    expect(await costOf(running, hours + 0.1, 1, 'short', { countdown: hours * 3600 })).toBe(requests);
  });

  it.each([
    ['base64', 33.5, 3],
    ['base64', 35.5, 5],
    ['compact', 61.5, 3],
    ['compact', 64, 5],
    ['compact', 198, 9],
  ] as const)('in the envelope %s with arguments of %d KB is %i', async (envelope, kb, requests) => {
    await using running = await start({ envelope });
    expect(await costOf(running, 0.1, 1, 'short', text(kb))).toBe(requests);
  });

  it('is two to send and two to receive for ten of 10 KB', async () => {
    await using running = await start({ envelope: 'compact' });
    expect(await costOf(running, 0.1, 10, 'short', text(9.2))).toBe(2 + 2 + 1);
  });

  it('on a FIFO queue is three for each of a group', async () => {
    await using running = await start({ queues: ['ledger.fifo'] });
    expect(await costOf(running, 0.1, 20, 'short', { groupId: 'one' })).toBe(60);
  });

  it('is a receive for each with one slot, and one for ten with prefetch', async () => {
    await using slots = await start({ concurrency: 1 });
    expect(await costOf(slots, 0.1, 100, 'short')).toBe(10 + 100 + 100);
    await using prefetch = await start({ concurrency: 1, prefetch: 10 });
    expect(await costOf(prefetch, 0.1, 100, 'short')).toBe(10 + 10 + 10);
  });
});

it('adds up what three processes ask for', async () => {
  await using endpoint = await startVirtualSqs();
  await using sender = await startVirtualApp({ providers: [Tasks], on: endpoint });
  await using second = await startVirtualApp({ providers: [Tasks], on: endpoint });
  await using third = await startVirtualApp({ providers: [Tasks], on: endpoint });
  await endpoint.clock.settle();
  endpoint.sqs.resetRequestCounts();
  await sender.tasks.send('short');
  await endpoint.clock.advance(HOUR);
  const requests = Object.values(endpoint.sqs.requestCounts()).reduce((sum, count) => sum + count, 0);
  expect(requests).toBeGreaterThanOrEqual(3 * 180);
  expect(requests).toBeLessThanOrEqual(3 * 180 + 3);
  const months = [sender, second, third].map(({ app }) => app.get(SqsCeleryCosts).estimate().perIdleMonth);
  expect(months).toEqual([131_400, 131_400, 131_400]);
});

describe('its snippets', () => {
  let sqs: LocalSqs;
  beforeEach(async () => {
    sqs = await startPageSqs('celery');
  });
  afterEach(() => endPageSqs(sqs));

  it('are scraped', async () => {
    const { MetricsController } = await modules.import<{ MetricsController: Type }>(PAGE, 'metrics.controller.ts');
    @Module({ imports: [SqsCeleryModule.forRoot({ worker: false })], controllers: [MetricsController] })
    class AppModule {}
    const app = await NestFactory.create(AppModule, { logger: new RecordingLogger() });
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(response.headers.get('content-type')).toContain('version=0.0.4');
    expect(await response.text()).toBe(
      '# TYPE sqs_billed_requests_total counter\n' +
        'sqs_billed_requests_total{connection="default",queue="celery",action="GetQueueUrl"} 1\n',
    );
    await app.close();
  });

  it('warn, and look ahead', async () => {
    interface Snippets {
      readonly DearRequests: Type;
      readonly MonthlyRequests: Type<{ of(tasks: number): number }>;
    }
    const { DearRequests } = await modules.import<Snippets>(PAGE, 'dear-requests.ts');
    const { MonthlyRequests } = await modules.import<Snippets>(PAGE, 'monthly-requests.ts');
    const providers = [Tasks, DearRequests, MonthlyRequests];
    const app = await PageApp.start({ imports: [SqsCeleryModule.forRoot({ waitTimeSeconds: 2 })], providers });
    expect(app.get(MonthlyRequests).of(1000)).toBe(1_314_000 + 3000);
    await app.run('short', text(200));
    const warnings = (): string[] => app.log.of({ level: 'warn', context: 'DearRequests' });
    await until(() => warnings().length === 2, 'both warnings');
    expect(warnings()[0]).toMatch(/^SendMessageBatch celery: 1 messages of \d{6} bytes are 6 requests$/);
    await app[Symbol.asyncDispose]();

    const lines = app.log.of({ level: 'log', context: 'kombu.transport.SQS' });
    const summary = lines.find((line) => line.includes('SQS requests'))?.trim();
    const page = /```\n(SQS requests: [\s\S]*?)\n```/.exec(readPage(PAGE))?.[1];
    const shape = (block = ''): string[] => block.split('\n').map((line) => line.replaceAll(/\d+/g, 'n'));
    expect(shape(page).slice(2)).toEqual(shape(summary).slice(2));
    expect(shape(page)[0]).toBe(shape(summary)[0]);
    expect(shape(page)[1]).toMatch(/^\.> celery {11}GetQueueUrl n, GetQueueAttributes n, ReceiveMessage n \(n empty\)/);
    expect(shape(summary)[1]).toMatch(/^\.> celery {11}GetQueueUrl n, GetQueueAttributes n, ReceiveMessage n/);
  });
});

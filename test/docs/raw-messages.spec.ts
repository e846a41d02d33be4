import type { DynamicModule, Type } from '@nestjs/common';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { until } from '../nest.test-support.js';
import { sendRaw } from '../support/send-raw.js';
import { PageApp, stubEnvironment } from './support/page-app.js';
import { PageModules } from './support/page-modules.js';

const PAGE = 'docs/guide/raw-messages.md';

const modules = new PageModules([PAGE]);
afterAll(() => modules[Symbol.dispose]());

let sqs: LocalSqs;
beforeEach(async () => {
  sqs = await LocalSqs.start();
  stubEnvironment(sqs);
  sqs.createQueue('celery');
  sqs.createQueue('dead');
  const redrivePolicy = JSON.stringify({ deadLetterTargetArn: sqs.queue('dead').arn, maxReceiveCount: 10 });
  for (const name of ['uploads', 'orders']) sqs.createQueue(name, { attributes: { RedrivePolicy: redrivePolicy } });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await sqs.close();
});

interface Orders {
  readonly placed: string[];
}

/** The application of the page's files. */
async function start() {
  const { Uploads } = await modules.import<{ Uploads: Type }>(PAGE, 'uploads.ts');
  const { Orders } = await modules.import<{ Orders: Type<Orders> }>(PAGE, 'orders.ts');
  const { alerts, withAlerts } = await modules.import<{ alerts: string[]; withAlerts: DynamicModule }>(
    PAGE,
    'alerts.ts',
  );
  const app = await PageApp.start({ imports: [withAlerts], providers: [Uploads, Orders] });
  return { app, orders: app.get(Orders), alerts };
}

it('handles a notification of S3', async () => {
  const { app } = await start();
  await using _ = app;
  await sendRaw(sqs, 'uploads', JSON.stringify({ Records: [{ s3: { object: { key: 'cat.png' } } }] }));
  await until(() => sqs.queue('celery').visible === 1 && sqs.queue('uploads').messages.length === 0, 'the task');
  const [task] = sqs.queue('celery').messages;
  expect(Buffer.from(task?.body ?? '', 'base64').toString()).toContain('proj.tasks.thumbnail');
});

it('handles notifications of SNS, retries, and tells of what is dead', async () => {
  const { app, orders, alerts } = await start();
  await using _ = app;
  const notify = (message: object): Promise<void> =>
    sendRaw(
      sqs,
      'orders',
      JSON.stringify({ Type: 'Notification', TopicArn: 'arn:shop-orders', Message: JSON.stringify(message) }),
    );
  await notify({ order: 7 });
  await notify({ order: 'seven' });
  await notify({ order: 0 });
  await until(() => /retry: Retry in 60s: Error\('the shop is closed'\)/.test(app.log.text()), 'the retry');
  await until(() => alerts.length === 1 && orders.placed.length === 1, 'the others');
  expect(orders.placed).toEqual(['7 from arn:shop-orders']);
  expect(alerts).toEqual([
    "orders: RawMessage:BadRequestException (BadRequestException('order must be an integer number')), no task, receive 1",
  ]);
  expect(sqs.queue('dead').messages).toHaveLength(1);
});

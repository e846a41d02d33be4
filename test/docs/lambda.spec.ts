import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TaskProducer } from 'nestjs-sqs-celery';
import type { LambdaHandler } from 'nestjs-sqs-celery/lambda';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { afterAll, expect, it, vi } from 'vitest';
import { RecordingLogger } from '../nest.test-support.js';
import { EventSourceMapping } from '../support/event-source-mapping.js';
import { stubEnvironment } from './support/page-app.js';
import { PageModules } from './support/page-modules.js';

const PAGE = 'docs/guide/lambda.md';

const modules = new PageModules([PAGE]);
afterAll(() => modules[Symbol.dispose]());

it.each(['lambda.ts', 'lambda-with-logger.ts'])('docs/guide/lambda.md: %s', async (file) => {
  await using sqs = await LocalSqs.start();
  stubEnvironment(sqs);
  sqs.createQueue('celery');
  const log = new RecordingLogger();
  const create = NestFactory.createApplicationContext.bind(NestFactory);
  const spy = vi.spyOn(NestFactory, 'createApplicationContext');
  spy.mockImplementation((root) => create(root, { abortOnError: false, logger: log }));
  const { handler } = await modules.import<{ handler: LambdaHandler }>(PAGE, file);
  try {
    using mapping = new EventSourceMapping(handler, { sqs, queue: 'celery' });
    await mapping.poll();
    const app = (await spy.mock.results[0]?.value) as INestApplicationContext;
    await app.get(TaskProducer).delay('images.resize', 'cat.png');
    expect(await mapping.poll()).toEqual({ batchItemFailures: [] });
    expect(log.text()).toMatch(/Task images\.resize\[.*\] succeeded in .*: 'cat\.png resized'/);
    expect(spy.mock.calls).toMatchObject([[{}, { abortOnError: false }]]);
  } finally {
    await handler.close();
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  }
});

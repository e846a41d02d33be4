import type { Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { TaskProducer, type SendOptions } from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { vi } from 'vitest';
import { RecordingLogger, until } from '../../nest.test-support.js';

/** Lets the AWS SDK find the endpoint as the pages say: by the environment. */
export function stubEnvironment(sqs: LocalSqs): void {
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', sqs.endpoint);
  vi.stubEnv('AWS_REGION', sqs.region);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
}

/** An endpoint for a page's applications, with these queues, that their environment names; for `beforeEach`. */
export async function startPageSqs(...queues: readonly string[]): Promise<LocalSqs> {
  const sqs = await LocalSqs.start();
  stubEnvironment(sqs);
  for (const queue of queues) sqs.createQueue(queue);
  return sqs;
}

/** Ends it, and gives the environment back; for `afterEach`. */
export async function endPageSqs(sqs: LocalSqs): Promise<void> {
  vi.unstubAllEnvs();
  await sqs.close();
}

/** A page's application, started, with a log that can be read. */
export class PageApp implements AsyncDisposable {
  private constructor(
    readonly app: TestingModule,
    readonly log: RecordingLogger,
  ) {}

  static async start(metadata: Parameters<typeof Test.createTestingModule>[0]): Promise<PageApp> {
    const log = new RecordingLogger();
    const app = await Test.createTestingModule(metadata).setLogger(log).compile();
    await app.init();
    return new PageApp(app, log);
  }

  get<Provider>(provider: Type<Provider>): Provider {
    return this.app.get(provider, { strict: false });
  }

  /** Sends a task and answers the lines the worker writes about it, `received` left out, once one matches `end`. */
  async run(task: string, options: SendOptions, end = /succeeded|raised|ignored|reject/): Promise<string> {
    const { id } = await this.get(TaskProducer).send(task, options);
    return this.ended(id, end);
  }

  /** The same for a task that was sent already. */
  async ended(id: string, end = /succeeded|raised|ignored|reject/): Promise<string> {
    const lines = (): string[] =>
      this.log
        .of({ context: 'celery.app.trace' })
        .filter((line) => line.includes(id) && !/received$|exception filter threw/.test(line));
    await until(() => lines().some((line) => end.test(line)), `the end of ${id}`);
    return lines()
      .map((line) => line.replace(/^Task \S+ /, '').replace(/succeeded in [\d.e-]+s/, 'succeeded'))
      .join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.close();
  }
}

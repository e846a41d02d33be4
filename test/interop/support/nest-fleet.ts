import { type INestApplicationContext, type LoggerService, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SqsCeleryModule, type SqsCeleryOptions, TaskProducer } from 'nestjs-sqs-celery';
import { credentials, type Endpoint } from './endpoint.js';
import { NestTasks, RECORDER } from './nest-tasks.js';
import type { Recorder } from './recorder.js';
import { ResultTasks } from './result-tasks.js';

/** A Nest application that runs and sends the tasks of these tests, in this process. */
export class NestFleet {
  private constructor(
    private readonly app: INestApplicationContext,
    readonly tasks: TaskProducer,
    readonly results: ResultTasks,
    readonly log: readonly string[],
  ) {}

  static async start(endpoint: Endpoint, recorder: Recorder, options: SqsCeleryOptions): Promise<NestFleet> {
    const clientConfig = { endpoint: endpoint.url, region: endpoint.region, credentials };
    const log: string[] = [];
    const app = await NestFactory.createApplicationContext(
      {
        module: ApplicationModule,
        imports: [SqsCeleryModule.forRoot({ waitTimeSeconds: 1, clientConfig, ...options })],
        providers: [{ provide: RECORDER, useValue: recorder }, NestTasks, ResultTasks],
      },
      { logger: collector(log), abortOnError: false },
    );
    return new NestFleet(app, app.get(TaskProducer, { strict: false }), app.get(ResultTasks, { strict: false }), log);
  }

  stop(): Promise<void> {
    return this.app.close();
  }
}

@Module({})
class ApplicationModule {}

function collector(lines: string[]): LoggerService {
  const take = (message: unknown): void => void lines.push(String(message));
  return { log: take, warn: take, error: take, debug: take, verbose: take, fatal: take };
}

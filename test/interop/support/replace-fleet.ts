import { type INestApplicationContext, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Args,
  Kwarg,
  SqsCeleryModule,
  Task,
  TaskContext,
  TaskProducer,
  TaskRequest,
  type SignatureJson,
} from 'nestjs-sqs-celery';
import { credentials } from './endpoint.js';
import type { Fleets } from './fleets.js';

/** The queue that this fleet consumes. */
export const REPLACING = 'replacing';

/** The tasks of `python/proj/replace_tasks.py`, on the Nest side. */
@Injectable()
class ReplaceTasks {
  @Task('replace.task')
  replace(
    @Args() _args: unknown[],
    @Kwarg('canvas') canvas: SignatureJson,
    @TaskContext() task: TaskRequest,
  ): Promise<unknown> {
    return task.replace(canvas);
  }

  @Task('replace.add')
  add(@Args() _args: unknown[], @Kwarg('canvas') canvas: SignatureJson, @TaskContext() task: TaskRequest): string {
    task.addToChord(canvas);
    return 'adder';
  }

  @Task('replace.stamps')
  stamps(@Args() args: unknown[], @TaskContext() task: TaskRequest): unknown[] {
    return [...args, task.stamps];
  }

  @Task('canvas.list')
  list(@Args() args: unknown[]): unknown[] {
    return args;
  }

  @Task('canvas.fail')
  fail(@Args() args: unknown[]): never {
    throw new RangeError(String(args[0]));
  }
}

@Module({})
class ReplacingModule {}

/** A Nest application with these tasks, beside the fleets of other tests. */
export class ReplaceFleet {
  private constructor(
    private readonly app: INestApplicationContext,
    readonly tasks: TaskProducer,
  ) {}

  static async start({ endpoint, urls, redis }: Fleets): Promise<ReplaceFleet> {
    const queues = Object.entries(urls).map(([name, url]) => ({ name, url, consume: name === REPLACING }));
    const clientConfig = { endpoint: endpoint.url, region: endpoint.region, credentials };
    const app = await NestFactory.createApplicationContext(
      {
        module: ReplacingModule,
        imports: [
          SqsCeleryModule.forRoot({
            queues,
            taskDefaultQueue: REPLACING,
            waitTimeSeconds: 1,
            clientConfig,
            resultBackend: redis.url,
            resultExtended: true,
          }),
        ],
        providers: [ReplaceTasks],
      },
      { logger: false, abortOnError: false },
    );
    return new ReplaceFleet(app, app.get(TaskProducer, { strict: false }));
  }

  stop(): Promise<void> {
    return this.app.close();
  }
}

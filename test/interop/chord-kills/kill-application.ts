import { Module, type DynamicModule } from '@nestjs/common';
import { RedisResultStore, SqsCeleryModule, type ResultStore } from 'nestjs-sqs-celery';
import { credentials } from '../support/endpoint.js';
import { JOURNAL, KillTasks, type KillJournal } from './kill-tasks.js';

/** Where an application of these tests finds what it needs. */
export interface KillSite {
  /** URL of SQS. */
  readonly endpoint: string;
  /** Name and URL of its only queue. */
  readonly queue: string;
  readonly queueUrl: string;
  /** URL of Redis. */
  readonly redis: string;
  /** Whether attempts are remembered. */
  readonly isOnce: boolean;
}

/** Seconds: what a dead worker held is back then. */
const LEASE = 2;

@Module({})
class KillModule {}

/** `push` appends to a list and gives its length. One task at a time, in the order of the queue. */
export function killApplication(
  { endpoint, queue, queueUrl, redis, isOnce }: KillSite,
  push: (key: string, value: string) => Promise<number>,
  change: (store: RedisResultStore) => ResultStore = (store) => store,
): DynamicModule {
  const journal: KillJournal = {
    add: (taskId, argument) => push(`kill:${queue}:${taskId}`, JSON.stringify(argument)),
  };
  return {
    module: KillModule,
    imports: [
      SqsCeleryModule.forRoot({
        queues: [{ name: queue, url: queueUrl, concurrency: 1, lease: LEASE }],
        waitTimeSeconds: 1,
        clientConfig: {
          endpoint,
          region: 'us-east-1',
          credentials,
        },
        resultBackend: change(new RedisResultStore(redis)),
        ...(isOnce && { idempotency: redis }),
      }),
    ],
    providers: [{ provide: JOURNAL, useValue: journal }, KillTasks],
  };
}

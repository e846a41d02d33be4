import { Injectable, Module } from '@nestjs/common';
import {
  InjectTaskEvents,
  InjectTaskProducer,
  InjectWorkerControl,
  OnTaskEvent,
  RawMessage,
  SqsCeleryModule,
  Task,
  TaskEvents,
  TaskProducer,
  WorkerControl,
  type TaskEventMap,
} from 'nestjs-sqs-celery';

@Injectable()
export class Accepted {
  @InjectWorkerControl('eu')
  readonly control!: WorkerControl;

  constructor(
    @InjectTaskProducer() readonly tasks: TaskProducer,
    @InjectTaskProducer('eu') readonly eu: TaskProducer,
    @InjectTaskEvents('eu') readonly events: TaskEvents,
  ) {
    const end: () => void = events.on('succeeded', ({ runtimeSeconds }) => runtimeSeconds.toFixed(3), { task: 'add' });
    end();
  }

  @Task('of.eu', { connection: 'eu' })
  ofEu(): void {}

  @RawMessage('uploads', { connection: 'eu' })
  raw(): void {}

  @OnTaskEvent('failed', { task: 'orders.ship', connection: 'eu' })
  async failed({ request, error, expected }: TaskEventMap['failed']): Promise<void> {
    if (!expected) throw new Error(request.id, { cause: error });
  }

  @OnTaskEvent('received')
  @OnTaskEvent('started')
  whichever({ request }: TaskEventMap['received'] | TaskEventMap['started']): string {
    return request.task;
  }

  @OnTaskEvent('beforeTaskPublish')
  nothing(): void {}
}

@Module({
  imports: [
    SqsCeleryModule.forRoot({
      name: 'eu',
      queues: ['celery'],
      taskRoutes: { 'orders.*': { queue: 'orders', priority: 3 } },
    }),
    SqsCeleryModule.forFeature({ queues: [{ name: 'orders', autoStart: false }], connection: 'eu' }),
  ],
})
export class AcceptedModule {}

@Injectable()
export class Refused {
  constructor(
    // @ts-expect-error a connection has a name
    @InjectTaskProducer(7) readonly tasks: TaskProducer,
    readonly events: TaskEvents,
  ) {
    // @ts-expect-error no such event
    events.on('task-succeeded', () => undefined);
    // @ts-expect-error nothing fails without having been received
    events.on('failed', ({ runtimeSeconds }) => runtimeSeconds);
  }

  // @ts-expect-error no such event
  @OnTaskEvent('task-failed')
  celerysName(): void {}

  // @ts-expect-error another event's payload
  @OnTaskEvent('failed')
  ofAnother(_payload: TaskEventMap['succeeded']): void {}

  // @ts-expect-error no such option
  @OnTaskEvent('failed', { name: 'orders.ship' })
  option(): void {}

  // @ts-expect-error a connection has a name
  @Task('of.many', { connection: ['eu', 'us'] })
  ofMany(): void {}
}

@Module({
  imports: [
    // @ts-expect-error an exchange has no meaning on SQS
    SqsCeleryModule.forRoot({ taskRoutes: { 'orders.*': { exchange: 'orders' } } }),
    // @ts-expect-error the options of the connection are forRoot's
    SqsCeleryModule.forFeature({ queues: ['orders'], clientConfig: {} }),
  ],
})
export class RefusedModule {}

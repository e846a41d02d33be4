import { Injectable, Module } from '@nestjs/common';
import { SqsCeleryModule, Task, TaskProducer } from 'nestjs-sqs-celery';
import { sqsCeleryConfig } from 'nestjs-sqs-celery/config';
import { createLambdaHandler, type LambdaHandler } from 'nestjs-sqs-celery/lambda';
import { defineTask } from 'nestjs-sqs-celery/tasks';
import { LocalSqs, SqsCeleryTesting } from 'nestjs-sqs-celery/testing';

const ship = defineTask<{ args: [order: number]; kwargs: { express?: boolean }; result: string }>('orders.ship');

@Injectable()
export class OrderTasks {
  constructor(private readonly tasks: TaskProducer) {}

  @Task(ship)
  async ship(order: number): Promise<string> {
    await this.tasks.send(ship, { args: [order] });
    return `shipped ${order}`;
  }
}

@Module({
  imports: [SqsCeleryModule.forRootAsync(sqsCeleryConfig.asProvider())],
  providers: [OrderTasks],
})
export class AppModule {}

export const start = (): Promise<LocalSqs> => LocalSqs.start({ port: 0 });

export const handler: LambdaHandler = createLambdaHandler(AppModule);

export const startTesting = (): Promise<SqsCeleryTesting> => SqsCeleryTesting.start();

import { Module } from '@nestjs/common';
import { SqsCeleryModule } from 'nestjs-sqs-celery';
import { SomethingTasks } from './something.tasks.js';

@Module({
  imports: [SqsCeleryModule.forRoot({ queues: ['celery'], createMissingQueues: true })],
  providers: [SomethingTasks],
})
export class AppModule {}

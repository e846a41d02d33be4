import { Module } from '@nestjs/common';
import { SqsCeleryModule } from 'nestjs-sqs-celery';
import { SomethingProducer } from './something.producer.js';

@Module({
  imports: [SqsCeleryModule.forRoot({ queues: ['celery'], createMissingQueues: true })],
  providers: [SomethingProducer],
})
export class AppModule {}

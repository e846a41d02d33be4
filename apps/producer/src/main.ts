import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { SomethingProducer } from './something.producer.js';

// DEMO_COUNT: how many tasks to send; for ever without it.
const count = Number(process.env['DEMO_COUNT'] ?? Number.POSITIVE_INFINITY);

const app = await NestFactory.createApplicationContext(AppModule);
app.enableShutdownHooks();
await app.get(SomethingProducer).run(count);
await app.close();

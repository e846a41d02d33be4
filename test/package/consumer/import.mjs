import assert from 'node:assert/strict';
import { SqsCeleryModule, Task, TaskProducer } from 'nestjs-sqs-celery';
import { sqsCeleryConfig } from 'nestjs-sqs-celery/config';
import { createLambdaHandler } from 'nestjs-sqs-celery/lambda';
import { defineTask, Ignore, Reject, Retry } from 'nestjs-sqs-celery/tasks';
import { LocalSqs } from 'nestjs-sqs-celery/testing';

const found = {
  SqsCeleryModule,
  Task,
  TaskProducer,
  sqsCeleryConfig,
  createLambdaHandler,
  defineTask,
  Ignore,
  Reject,
  Retry,
  LocalSqs,
};
for (const [name, value] of Object.entries(found)) assert.equal(typeof value, 'function', name);

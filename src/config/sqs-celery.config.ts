import { registerAs } from '@nestjs/config';
import type { SqsCeleryOptions } from '../options/sqs-celery-options.js';

/**
 * Options from the environment, for `SqsCeleryModule.forRootAsync(sqsCeleryConfig.asProvider())`:
 *
 * - `CELERY_BROKER_URL`: Celery's own, `sqs://` or `sqs://key:secret@` or `sqs://key:secret@host:port`
 * - `CELERY_RESULT_BACKEND`: Celery's own, `redis://…`, `s3://…` or `cache+memory://`
 * - `SQS_CELERY_QUEUES`: names of queues with commas between them, `celery,reports`; the first is the default queue
 *
 * What the AWS SDK reads by itself (`AWS_REGION`, `AWS_ENDPOINT_URL_SQS`, `AWS_PROFILE`, …) is left to it.
 */
export const sqsCeleryConfig = registerAs('sqsCelery', (): SqsCeleryOptions => {
  const brokerUrl = process.env['CELERY_BROKER_URL'];
  const resultBackend = process.env['CELERY_RESULT_BACKEND'];
  const queues = names(process.env['SQS_CELERY_QUEUES']);
  return {
    ...(brokerUrl && { brokerUrl }),
    ...(resultBackend && { resultBackend }),
    ...(queues.length > 0 && { queues }),
  };
});

function names(list = ''): string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

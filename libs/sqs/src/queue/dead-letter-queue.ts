import type { QueueOptions } from '../options.js';
import type { ManagedQueue } from './managed-queue.js';
import { parseRedrivePolicy } from './queue-attributes.js';
import { queueFailure } from './queue-failure.js';
import { queueUrlOfArn } from './queue-url.js';

/**
 * The dead-letter queue that the redrive policy of `source` names, reached with the client of `source`; its ARN is its name here.
 * Makes one request, `sqs:GetQueueAttributes`.
 *
 * It never counts as FIFO. Nothing is consumed from it, so there is no order to keep, and kept it would be in the way: whoever
 * leaves the first letter of a group where it is would never come to the second.
 *
 * @throws (rejects) QueueAccessDeniedError, QueueNotFoundError and others, as at start
 */
export async function findDeadLetterQueue(arn: string, source: ManagedQueue): Promise<ManagedQueue> {
  const url = queueUrlOfArn(arn, source.info.url);
  const options: QueueOptions = { name: arn, sqsName: arn.split(':').at(-1) ?? arn, url, consume: true };
  try {
    const found = await source.pooled.api.queueAttributes(arn, url, ['VisibilityTimeout', 'RedrivePolicy']);
    const redrivePolicy = parseRedrivePolicy(found['RedrivePolicy']);
    const visibilityTimeout = Number(found['VisibilityTimeout']);
    const info = { name: arn, url, fifo: false, visibilityTimeout, ...(redrivePolicy && { redrivePolicy }) };
    return { options, info, pooled: source.pooled, attributesKnown: true };
  } catch (error) {
    throw queueFailure(error, 'GetQueueAttributes', options);
  }
}

import type { RedrivePolicy } from '#celery';
import { toSqsAttributes, type QueueAttributes } from '#sqs';
import type { LocalSqs } from '#sqs-local';
import type { ResolvedOptions, ResolvedQueue } from '../options/resolve-options.js';

/** Options of a connection whose queues are all on `sqs`, and are created there. */
export function localOptions(options: ResolvedOptions, sqs: LocalSqs): ResolvedOptions {
  const { client: _client, queues, ...rest } = options;
  return {
    ...rest,
    createMissingQueues: true,
    clientConfig: {
      endpoint: sqs.endpoint,
      region: sqs.region,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    },
    queues: queues.map((queue) => localQueue(queue, queues, sqs)),
  };
}

/** A queue that was given by its URL keeps the name it has there. */
function localQueue(queue: ResolvedQueue, all: readonly ResolvedQueue[], sqs: LocalSqs): ResolvedQueue {
  const { url: _url, region: _region, client: _client, attributes, ...rest } = queue;
  return { ...rest, sqsName: nameOf(queue), ...(attributes && { attributes: localAttributes(attributes, all, sqs) }) };
}

function nameOf({ url, sqsName }: ResolvedQueue): string {
  return url === undefined ? sqsName : lastOf(new URL(url).pathname, '/');
}

/** Attributes name other queues by their ARNs: these have to be of the same account. */
function localAttributes(attributes: QueueAttributes, all: readonly ResolvedQueue[], sqs: LocalSqs): QueueAttributes {
  const { redrivePolicy, redriveAllowPolicy } = attributes;
  const sources = redriveAllowPolicy?.sourceQueueArns;
  return {
    ...attributes,
    ...(redrivePolicy && { redrivePolicy: localPolicy(redrivePolicy, all, sqs) }),
    ...(sources && {
      redriveAllowPolicy: { ...redriveAllowPolicy, sourceQueueArns: sources.map((arn) => localArn(arn, sqs)) },
    }),
  };
}

/** SQS refuses a policy whose dead-letter queue does not exist; one of the options has attributes of its own. */
function localPolicy(policy: RedrivePolicy, all: readonly ResolvedQueue[], sqs: LocalSqs): RedrivePolicy {
  const name = lastOf(policy.deadLetterTargetArn, ':');
  const { attributes } = all.find((queue) => nameOf(queue) === name) ?? {};
  if (!sqs.queueNames().includes(name)) {
    sqs.createQueue(name, attributes && { attributes: toSqsAttributes(localAttributes(attributes, all, sqs)) });
  }
  return { ...policy, deadLetterTargetArn: sqs.queue(name).arn };
}

function localArn(arn: string, sqs: LocalSqs): string {
  const name = lastOf(arn, ':');
  const [, accountId] = new URL(sqs.queueUrl(name)).pathname.split('/');
  return `arn:aws:sqs:${sqs.region}:${accountId}:${name}`;
}

function lastOf(text: string, separator: string): string {
  return text.slice(text.lastIndexOf(separator) + 1);
}

import type { Queue } from '../queue/queue.js';
import type { QueueSettings } from '../queue/settings.js';
import { isSettable } from './rules.js';

const READ_ONLY = [
  'QueueArn',
  'CreatedTimestamp',
  'LastModifiedTimestamp',
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
  'FifoQueue',
];

/** Tells whether SQS knows an attribute of this name. */
export function isAttribute(name: string): boolean {
  return isSettable(name) || READ_ONLY.includes(name);
}

/** The settings as SQS writes them; what is not set is left out. */
export function describeSettings(settings: QueueSettings): Map<string, string> {
  const described = new Map<string, string>();
  for (const [name, value] of Object.entries(settings) as [string, QueueSettings[keyof QueueSettings]][]) {
    if (value !== undefined) described.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  if (settings.KmsMasterKeyId !== undefined && !described.has('KmsDataKeyReusePeriodSeconds')) {
    described.set('KmsDataKeyReusePeriodSeconds', '300');
  }
  return described;
}

/** All attributes of a queue. */
export function describeQueue(queue: Queue): Map<string, string> {
  const { visible, inFlight, delayed } = queue.count();
  const described = describeSettings(queue.settings);
  described.set('QueueArn', queue.arn);
  described.set('CreatedTimestamp', seconds(queue.createdAt));
  described.set('LastModifiedTimestamp', seconds(queue.modifiedAt));
  described.set('ApproximateNumberOfMessages', String(visible));
  described.set('ApproximateNumberOfMessagesNotVisible', String(inFlight));
  described.set('ApproximateNumberOfMessagesDelayed', String(delayed));
  if (queue.fifo) described.set('FifoQueue', 'true');
  return described;
}

function seconds(epochMs: number): string {
  return String(Math.floor(epochMs / 1000));
}

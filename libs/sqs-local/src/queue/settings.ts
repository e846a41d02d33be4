/** The attributes of a queue that its owner sets, in SQS's units (seconds, bytes). */
export interface QueueSettings {
  readonly VisibilityTimeout: number;
  readonly DelaySeconds: number;
  readonly MessageRetentionPeriod: number;
  readonly ReceiveMessageWaitTimeSeconds: number;
  readonly MaximumMessageSize: number;
  readonly SqsManagedSseEnabled: boolean;
  readonly KmsMasterKeyId?: string;
  readonly KmsDataKeyReusePeriodSeconds?: number;
  readonly Policy?: string;
  readonly RedrivePolicy?: RedrivePolicy;
  readonly RedriveAllowPolicy?: RedriveAllowPolicy;
  /** FIFO queues only. */
  readonly ContentBasedDeduplication?: boolean;
  readonly DeduplicationScope?: 'queue' | 'messageGroup';
  readonly FifoThroughputLimit?: 'perQueue' | 'perMessageGroupId';
}

/** Where messages go that were received `maxReceiveCount` times without being deleted. */
export interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

/** Which queues may name this one as their dead-letter queue. */
export interface RedriveAllowPolicy {
  readonly redrivePermission: 'allowAll' | 'denyAll' | 'byQueue';
  readonly sourceQueueArns?: readonly string[];
}

/** SQS's defaults. */
export function defaultSettings(fifo: boolean): QueueSettings {
  const common = {
    VisibilityTimeout: 30,
    DelaySeconds: 0,
    MessageRetentionPeriod: 345_600,
    ReceiveMessageWaitTimeSeconds: 0,
    MaximumMessageSize: 1_048_576,
    SqsManagedSseEnabled: true,
  };
  if (!fifo) return common;
  return {
    ...common,
    ContentBasedDeduplication: false,
    DeduplicationScope: 'queue',
    FifoThroughputLimit: 'perQueue',
  };
}

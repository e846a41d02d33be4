import type { SQSClient, SQSClientConfig } from '@aws-sdk/client-sqs';

import type { Clock, Log } from '#celery/ports';

import type { TransportEvents } from './events.js';
import { checkWhole } from './errors/invalid-setting-error.js';
import type { QueueAttributes } from './queue/queue-attributes.js';
import type { SlotPool } from './receive/slot-pool/slot-pool.js';

/** The dead-letter queue that is made together with a queue. */
export interface DeadLetterOptions {
  /** SQS name; default: the queue's name with `-dlq` (before `.fifo`). */
  readonly name?: string;
  /** Receives after which SQS moves a message there (1–1000, default 10). */
  readonly maxReceiveCount?: number;
  /** Attributes of the dead-letter queue; default: kept for 14 days. */
  readonly attributes?: QueueAttributes;
}

/** One queue of the transport. */
export interface QueueOptions {
  /** The name Celery uses. */
  readonly name: string;
  /** The name on SQS: mangled and prefixed by the caller. */
  readonly sqsName: string;
  /** The queue's URL; saves the look-up, and a producer then makes no request at start. */
  readonly url?: string;
  /** Default: the region in the URL, else the client's. */
  readonly region?: string;
  /** A client, or the configuration of one, for this queue alone. */
  readonly client?: SQSClient | SQSClientConfig;
  /** Used to create the queue, and compared when it exists. */
  readonly attributes?: QueueAttributes;
  /** Cost-allocation tags of a created queue. */
  readonly tags?: Readonly<Record<string, string>>;
  /** A created queue gets a dead-letter queue unless this is false or `attributes.redrivePolicy` names one. */
  readonly deadLetter?: DeadLetterOptions | false;
  /** Whether messages are received from it. */
  readonly consume: boolean;
}

/** Everything {@link SqsTransport} is made of. */
export interface SqsTransportOptions {
  readonly queues: readonly QueueOptions[];
  /** A client that stays the caller's: it is never closed or altered, and its own `maxAttempts` repeats requests before the transport does. */
  readonly client?: SQSClient;
  /** Configuration of the clients the transport makes; default: the SDK's own chain for credentials, region and endpoint. */
  readonly clientConfig?: SQSClientConfig;
  /** Whether a missing queue is created (default false: a typo must not make a queue). */
  readonly createMissingQueues?: boolean;
  readonly clock?: Clock;
  readonly log: Log;
  readonly events?: TransportEvents;
  /** The compiled file of the lease thread, where it is not beside the transport's own (a bundle). */
  readonly leaseThread?: URL;
}

/** How one queue is consumed. */
export interface ConsumeOptions {
  /** Deliveries that run at the same time (default 10). */
  readonly concurrency?: number;
  /** Messages with the same MessageGroupId that run at the same time here (default: no bound; a FIFO queue runs one, whatever this says). */
  readonly groupConcurrency?: number;
  /** Slots shared with other queues: a message runs when its queue and the pool have one free. */
  readonly pool?: SlotPool;
  /** Its part of the pool's slots compared to other queues: a whole number, default 1. */
  readonly weight?: number;
  /** Messages received ahead of a free slot (default 0: none is kept from other workers). */
  readonly prefetch?: number;
  /** Seconds a poll waits for a message (0–20, default 20; 0 is short polling). */
  readonly waitTimeSeconds?: number;
  /** Seconds a message is ours without being extended; default: 30, or the queue's visibility timeout where its redrive policy allows fewer than 10 receives. */
  readonly lease?: number;
  /** Milliseconds a delete may wait for others while tasks are running (default 50); it never waits when idle. */
  readonly ackLingerMs?: number;
  /** Milliseconds the event loop may be blocked before leases are given up (default 600 000). */
  readonly maxBlockedMs?: number;
}

/** Options that may be absent. */
type Optional = 'lease' | 'pool' | 'groupConcurrency';

/** {@link ConsumeOptions} with its defaults. */
export type ConsumeSettings = Required<Omit<ConsumeOptions, Optional>> & Pick<ConsumeOptions, Optional>;

/** Fills the defaults in. Throws InvalidSettingError for numbers with which nothing could run. */
export function consumeSettings(queue: string, options: ConsumeOptions): ConsumeSettings {
  const { concurrency = 10, weight = 1, lease, pool, groupConcurrency } = options;
  checkNumbers(queue, { concurrency, weight, groupConcurrency });
  return {
    concurrency,
    weight,
    prefetch: options.prefetch ?? 0,
    waitTimeSeconds: options.waitTimeSeconds ?? 20,
    ackLingerMs: options.ackLingerMs ?? 50,
    maxBlockedMs: options.maxBlockedMs ?? 600_000,
    ...(lease === undefined ? {} : { lease }),
    ...(pool === undefined ? {} : { pool }),
    ...(groupConcurrency === undefined ? {} : { groupConcurrency }),
  };
}

function checkNumbers(queue: string, numbers: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (value !== undefined) checkWhole(`${name} of queue "${queue}"`, value);
  }
}

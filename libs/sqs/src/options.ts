import type { SQSClient, SQSClientConfig } from '@aws-sdk/client-sqs';

import type { Clock, Log } from '#celery/ports';

import type { TransportEvents } from './events.js';
import type { QueueAttributes } from './queue/queue-attributes.js';

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

/** {@link ConsumeOptions} with its defaults. */
export type ConsumeSettings = Required<Omit<ConsumeOptions, 'lease'>> & Pick<ConsumeOptions, 'lease'>;

/** Fills the defaults in. */
export function consumeSettings(options: ConsumeOptions): ConsumeSettings {
  return {
    concurrency: options.concurrency ?? 10,
    prefetch: options.prefetch ?? 0,
    waitTimeSeconds: options.waitTimeSeconds ?? 20,
    ackLingerMs: options.ackLingerMs ?? 50,
    maxBlockedMs: options.maxBlockedMs ?? 600_000,
    ...(options.lease === undefined ? {} : { lease: options.lease }),
  };
}

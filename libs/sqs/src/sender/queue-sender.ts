import type { Clock, QueueMessage } from '#celery/ports';

import { backoffMs } from '../backoff.js';
import { refusals } from '../batch/batch-answer.js';
import { Batcher } from '../batch/batcher.js';
import { awsFailure } from '../client/aws-failure.js';
import type { BatchAnswer, SqsApi } from '../client/sqs-api.js';
import { MessageTooLargeError, SendFailedError, TransportClosedError } from '../errors/index.js';
import { GroupTurns } from './group-turns.js';
import { messageSize, sqsMaximumBytes } from './message-size.js';

/** Where a {@link QueueSender} sends to. */
export interface SendTarget {
  readonly name: string;
  readonly url: string;
  readonly fifo: boolean;
  readonly maximumMessageSize?: number | undefined;
  readonly api: SqsApi;
  readonly clock: Clock;
}

interface SizedMessage {
  readonly message: QueueMessage;
  readonly bytes: number;
}

/** About 15 seconds: long enough for a failover, short enough for a waiting HTTP request. */
const sendAttempts = 6;
const sendBackoff = { baseMs: 300, maxMs: 5000 };
/** More than this many batches at once would only queue up in the agent, signed and ageing. */
const maxBatchesUnderWay = 16;

/** Sends the messages of one queue, in batches of what is sent in the same turn. */
export class QueueSender {
  readonly #batcher: Batcher<SizedMessage>;
  readonly #turns = new GroupTurns();
  #maxBatchBytes = sqsMaximumBytes;
  #closed = false;

  constructor(private readonly target: SendTarget) {
    this.#batcher = new Batcher<SizedMessage>({
      clock: target.clock,
      sizeOf: (entry) => entry.bytes,
      maxBytes: () => this.#maxBatchBytes,
      maxUnderWay: maxBatchesUnderWay,
      // A lone send leaves at once; what the same turn sends beside it comes along.
      schedule: (flush) => queueMicrotask(flush),
      send: (entries) => this.#sendBatch(entries),
      retryAfter: (reason, failures) => this.#retryAfter(reason, failures),
    });
  }

  /** Resolves once SQS has accepted the message. */
  send(message: QueueMessage): Promise<void> {
    const bytes = messageSize(message);
    const refusal = this.#refusal(bytes);
    if (refusal) return Promise.reject(refusal);
    return this.#inTurn({ message, bytes }).catch((error: unknown) => {
      throw this.#failure(error);
    });
  }

  /** Takes no more, and resolves when everything is sent or has failed. */
  close(): Promise<void> {
    this.#closed = true;
    return this.#batcher.drain();
  }

  /** Gives up what is still pending. */
  abandon(): void {
    this.#batcher.abandon(new TransportClosedError(`Sending to queue "${this.target.name}"`));
  }

  #refusal(bytes: number): Error | undefined {
    const { name, maximumMessageSize: limit = sqsMaximumBytes } = this.target;
    if (this.#closed) return new TransportClosedError(`Sending to queue "${name}"`);
    return bytes > limit ? new MessageTooLargeError(name, bytes, limit) : undefined;
  }

  /** A FIFO group has one message under way, so that a repeated one is not overtaken; no batch holds two of a group. */
  #inTurn(entry: SizedMessage): Promise<void> {
    const group = this.target.fifo ? entry.message.messageGroupId : undefined;
    if (group === undefined) return this.#batcher.add(entry);
    return this.#turns.take(group, () => this.#batcher.add(entry));
  }

  async #sendBatch(entries: readonly SizedMessage[]): Promise<readonly unknown[]> {
    try {
      return refusals(await this.#request(entries), entries.length);
    } catch (error) {
      this.#learnBatchLimit(error, entries);
      throw error;
    }
  }

  #request(entries: readonly SizedMessage[]): Promise<BatchAnswer> {
    const input = {
      QueueUrl: this.target.url,
      Entries: entries.map(({ message }, index) => ({
        Id: String(index),
        MessageBody: message.body,
        DelaySeconds: message.delaySeconds,
        MessageGroupId: message.messageGroupId,
        MessageDeduplicationId: message.messageDeduplicationId,
        MessageAttributes: message.messageAttributes ? { ...message.messageAttributes } : undefined,
      })),
    };
    return this.target.api.sendBatch(this.target.name, input, bytesOf(entries));
  }

  /** Not every endpoint takes 1 MiB: the old bound was 256 KiB, and an emulator may have one of its own. */
  #learnBatchLimit(error: unknown, entries: readonly SizedMessage[]): void {
    if (awsFailure(error).code !== 'BatchRequestTooLong' || entries.length === 1) return;
    this.#maxBatchBytes = Math.min(this.#maxBatchBytes, Math.ceil(bytesOf(entries) / 2));
  }

  #retryAfter(reason: unknown, failures: number): number | undefined {
    const { code, transient } = awsFailure(reason);
    if (failures >= sendAttempts) return undefined;
    if (code === 'BatchRequestTooLong') return 0;
    return transient ? backoffMs(failures, sendBackoff) : undefined;
  }

  #failure(error: unknown): Error {
    if (error instanceof TransportClosedError) return error;
    const { code, message } = awsFailure(error);
    const advice = code === 'AccessDenied' ? ' Allow sqs:SendMessage on this queue.' : '';
    return new SendFailedError(this.target.name, code, `${message}${advice}`, { cause: error });
  }
}

function bytesOf(entries: readonly SizedMessage[]): number {
  return entries.reduce((sum, entry) => sum + entry.bytes, 0);
}

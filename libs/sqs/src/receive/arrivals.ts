import type { Message } from '@aws-sdk/client-sqs';

import type { Clock, Log } from '#celery/ports';

import type { LeaseLossReason } from '../errors/index.js';
import type { TransportEvents } from '../events.js';
import { HeldLease } from '../lease/held-lease.js';
import type { LeaseKeeper } from '../lease/lease-keeper.js';
import { extensionLease } from '../lease/lease-length.js';
import { isStale } from '../lease/lease-plan.js';
import type { LoopWatch } from '../lease/loop-watch.js';
import type { ManagedQueue } from '../queue/managed-queue.js';
import type { Dispatcher } from './dispatcher.js';
import type { UnstartedReceives } from './unstarted-receives.js';
import { HeldMessage, receiveCountOf, type SlotKeeper } from './held-message.js';
import type { Settler } from './settler.js';

interface ArrivalsOptions {
  readonly queue: ManagedQueue;
  readonly leaseSeconds: number;
  readonly maxBlockedMs: number;
  readonly keeper: LeaseKeeper;
  readonly watch: LoopWatch;
  readonly settler: Settler;
  readonly slots: SlotKeeper & Pick<Dispatcher, 'fill'>;
  readonly unstarted: UnstartedReceives;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: TransportEvents;
}

/** Takes what a poll brought under leases from the moment of its arrival. */
export class Arrivals {
  constructor(private readonly options: ArrivalsOptions) {}

  /** The messages that are surely ours; those whose lease may be over are let go. */
  take(messages: readonly Message[], askedAt: number): HeldMessage[] {
    // SQS began the leases between the question and now; had they come before the turn before, they would have been read then.
    const grantedAt = Math.max(askedAt, this.options.watch.turnBefore());
    const held = messages.map((message) => this.#held(message, askedAt, grantedAt));
    const now = this.options.clock.monotonic();
    return held.filter((message) => this.#isFresh(message, now));
  }

  #isFresh(message: HeldMessage, now: number): boolean {
    if (isStale(message.lease.record, now)) {
      this.options.events.deliveryStale?.({ queue: message.queue.name, messageId: message.messageId });
      return false;
    }
    this.options.keeper.hold(message.lease);
    return true;
  }

  #held(message: Message, askedAt: number, grantedAt: number): HeldMessage {
    const { queue, leaseSeconds, clock } = this.options;
    const receiveCount = receiveCountOf(message);
    const record = {
      grantedAt,
      seconds: leaseSeconds,
      extensionSeconds: extensionLease(leaseSeconds, receiveCount, queue.info.visibilityTimeout),
      receivedAt: askedAt,
      extendUntil: Infinity,
      retryAt: 0,
    };
    const subject = {
      queue: queue.info.name,
      messageId: message.MessageId ?? '',
      receiptHandle: message.ReceiptHandle ?? '',
      maxBlockedMs: this.options.maxBlockedMs,
    };
    const lease = new HeldLease(subject, record, clock);
    const held = new HeldMessage({
      queue: queue.info,
      message,
      lease,
      receivedAt: askedAt,
      receiveCount,
      unstartedReceives: this.options.unstarted.of(subject.messageId),
      settlement: this.options.settler,
      slots: this.options.slots,
    });
    lease.onLost = (reason) => this.#lost(held, reason);
    return held;
  }

  #lost(message: HeldMessage, reason: LeaseLossReason): void {
    const { messageId } = message;
    this.options.settler.lost(message);
    this.options.slots.fill();
    const queue = this.options.queue.info.name;
    this.options.events.leaseLost?.({ queue, messageId, reason });
    if (reason !== 'shutdown') {
      this.options.log.warn(
        `The lease of message ${messageId} of queue "${queue}" was lost (${reason}): another worker may run it; nothing of this attempt is kept`,
      );
    }
  }
}

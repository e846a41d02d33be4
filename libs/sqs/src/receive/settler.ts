import { mayGoBack, type Clock, type Log, type QueueMessage } from '#celery/ports';

import { awsFailure } from '../client/aws-failure.js';
import { AcknowledgeFailedError, LeaseLostError, ReleaseFailedError, SqsTransportError } from '../errors/index.js';
import type { LeaseKeeper } from '../lease/lease-keeper.js';
import { leaseEnd, longestExtension } from '../lease/lease-plan.js';
import type { Acknowledger } from '../settle/acknowledger.js';
import type { Releaser } from '../settle/releaser.js';
import type { UnstartedReceives } from './unstarted-receives.js';
import type { WaitingRoom } from './waiting-room.js';
import type { HeldMessage, Settlement } from './held-message.js';
import { alreadySettled } from './refusals.js';

interface SettlerOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly keeper: LeaseKeeper;
  readonly acknowledger: Acknowledger;
  readonly releaser: Releaser;
  readonly unstarted: UnstartedReceives;
  readonly room: Pick<WaitingRoom<HeldMessage>, 'takeFollowers' | 'leave'>;
  /** Puts a message on its queue, where SQS counts its receives anew. */
  readonly sendAgain: (message: QueueMessage) => Promise<void>;
}

/** Ends what is held: by a delete, by a release, or by letting the lease run out. */
export class Settler implements Settlement {
  constructor(private readonly options: SettlerOptions) {}

  acknowledge(message: HeldMessage): Promise<void> {
    message.deletion ??= this.#delete(message);
    return message.deletion;
  }

  release(message: HeldMessage, delaySeconds: number): Promise<void> {
    message.giveBack ??= inBackground(this.#release(message, delaySeconds));
    return message.giveBack;
  }

  /**
   * Hands back what was received and not begun. Where the receive this costs may not be spent, a message of a standard queue is sent
   * again, and the lease of a FIFO message, which would lose its place, runs out. `after`: polls of ours that are out, which would
   * bring it back at once and spend another receive; the leases are kept meanwhile.
   */
  async giveBackUnstarted(messages: readonly HeldMessage[], after?: Promise<void>): Promise<number> {
    const allowed = messages.filter((message) => mayGoBack(message));
    const others = messages.filter((message) => !allowed.includes(message));
    const sentAgain = others.filter(({ queue }) => !queue.fifo);
    for (const message of others)
      message.giveBack = message.queue.fifo ? Promise.resolve(this.forget(message)) : this.#sendAgain(message, after);
    const gone = this.#giveBack(allowed, after);
    // A handler that stood aside goes on: it must not delete what another worker may have.
    for (const message of allowed) message.giveBack = gone;
    await Promise.all([gone, ...others.map(({ giveBack }) => giveBack)]);
    return allowed.length + sentAgain.length;
  }

  /** The worker stops: nothing of this attempt counts from now on, and the message goes to another worker. */
  async takeAway(message: HeldMessage): Promise<void> {
    if (message.deletion) return message.lease.interrupt();
    // Released first: a handler that settles in answer to the abort comes too late.
    const released = mayGoBack(message) ? this.release(message, 0) : this.forget(message);
    message.lease.lose('shutdown');
    await released;
  }

  /** Lets the lease run out. */
  forget(message: HeldMessage): void {
    message.state = 'settled';
    void this.options.keeper.letGo(message.lease);
  }

  /**
   * Another consumer may have the message, and must find the rest of its group there, however long this handler goes on. When
   * it comes back to this worker, it runs here.
   */
  lost(message: HeldMessage): void {
    const followers = this.options.room.takeFollowers(message);
    this.options.room.leave(message);
    this.#giveBackBehind(followers);
  }

  /** A handler ended: what waits behind its message may only go on if the message is done. */
  ended(message: HeldMessage): void {
    if (message.deletion && !message.lease.lost) return;
    const followers = this.options.room.takeFollowers(message);
    if (!message.giveBack) this.forget(message);
    this.#giveBackBehind(followers);
  }

  #giveBackBehind(followers: readonly HeldMessage[]): void {
    if (followers.length === 0) return;
    // Logged where it failed; the leases of those messages run out.
    this.giveBackUnstarted(followers).catch((error: unknown) => this.options.log.debug(String(error)));
  }

  /** Done for every message: no promises but the acknowledger's and its own. */
  #delete(message: HeldMessage): Promise<void> {
    const refusal = refusalOf(message);
    if (refusal) return inBackground(Promise.reject(refusal));
    message.state = 'acknowledging';
    return this.options.acknowledger.acknowledge(message.lease).then(
      () => this.#deleted(message),
      (error: unknown) => this.#notDeleted(message, error),
    );
  }

  #deleted(message: HeldMessage): void {
    message.lease.end();
    this.options.unstarted.forget(message.messageId);
    this.forget(message);
  }

  #notDeleted(message: HeldMessage, error: unknown): never {
    const failure = this.#acknowledgeFailure(message, error);
    // A lost lease is reported where it is lost.
    if (!(failure instanceof LeaseLostError)) this.options.log.warn(failure.message);
    this.forget(message);
    if (message.deletion) void inBackground(message.deletion);
    throw failure;
  }

  async #release(message: HeldMessage, delaySeconds: number): Promise<void> {
    if (message.deletion) throw alreadySettled(message);
    const followers = this.options.room.takeFollowers(message);
    message.state = 'releasing';
    const allowed = followers.filter((follower) => mayGoBack(follower));
    for (const follower of followers) if (!allowed.includes(follower)) this.forget(follower);
    for (const { messageId } of allowed) this.options.unstarted.add(messageId);
    const back = allowed.toReversed().map((follower) => ({ message: follower, delaySeconds: 0 }));
    await this.#changeVisibility([...back, { message, delaySeconds }]);
  }

  /** Sent before it is deleted: where one of both fails there are two of it, or its lease runs out. */
  async #sendAgain(message: HeldMessage, after: Promise<void> | undefined): Promise<void> {
    const { body, messageAttributes, messageGroupId, lease } = message;
    message.state = 'releasing';
    try {
      if (after) await after;
      if (lease.lost) return;
      await this.options.sendAgain({
        body,
        messageAttributes,
        ...(messageGroupId === undefined ? {} : { messageGroupId }),
      });
      await this.options.acknowledger.acknowledge(lease);
      lease.end();
    } catch (error) {
      const { queue, messageId } = lease.subject;
      this.options.log.warn(
        `Message ${messageId} of queue "${queue}" could not be sent again (${awsFailure(error).code}): its lease runs out`,
      );
    } finally {
      this.forget(message);
    }
  }

  async #giveBack(messages: readonly HeldMessage[], after: Promise<void> | undefined): Promise<void> {
    for (const { messageId, handBackSeconds } of messages) if (!handBackSeconds) this.options.unstarted.add(messageId);
    if (after) await after;
    // Backwards: the first of a group, and with it the group, comes free last.
    const releases = messages.map((message) => ({ message, delaySeconds: message.handBackSeconds?.() ?? 0 }));
    await this.#changeVisibility(releases.toReversed());
  }

  /** Releases in the given order, the last one awaited with its error. */
  async #changeVisibility(releases: readonly { message: HeldMessage; delaySeconds: number }[]): Promise<void> {
    const stillOurs = releases.filter(({ message }) => !message.lease.lost);
    await Promise.all(releases.map(({ message }) => this.options.keeper.letGo(message.lease)));
    await Promise.all(stillOurs.map(({ message, delaySeconds }) => this.#releaseOne(message, delaySeconds)));
  }

  async #releaseOne(message: HeldMessage, delaySeconds: number): Promise<void> {
    const { record, subject } = message.lease;
    const longest = longestExtension(record, this.options.clock.monotonic());
    message.lease.end();
    message.state = 'settled';
    try {
      await this.options.releaser.release({
        receiptHandle: subject.receiptHandle,
        seconds: Math.max(0, Math.min(Math.ceil(delaySeconds), longest)),
        leaseEnd: leaseEnd(record),
      });
    } catch (error) {
      const failure = new ReleaseFailedError(subject.queue, subject.messageId, awsFailure(error).code, {
        cause: error,
      });
      this.options.log.warn(failure.message);
      throw failure;
    }
  }

  #acknowledgeFailure(message: HeldMessage, error: unknown): SqsTransportError {
    if (error instanceof SqsTransportError) return error;
    if (message.lease.lost) return message.lease.error();
    const { queue, messageId } = message.lease.subject;
    const { code } = awsFailure(error);
    if (code === 'ReceiptHandleIsInvalid') return new LeaseLostError(queue, messageId, 'refused');
    return new AcknowledgeFailedError(queue, messageId, code, { cause: error });
  }
}

/** Why a message cannot be deleted any more, if so. */
function refusalOf(message: HeldMessage): SqsTransportError | undefined {
  if (message.lease.lost) return message.lease.error();
  return message.giveBack && alreadySettled(message);
}

/** Settling need not be awaited: a failure is logged where it happens, and whoever awaits sees it too. */
function inBackground(settling: Promise<void>): Promise<void> {
  settling.catch(() => undefined);
  return settling;
}

import type { Message } from '@aws-sdk/client-sqs';

import { sleep, type Clock, type DeliveryHandler, type Log } from '#celery/ports';

import { TransportClosedError } from '../errors/index.js';
import type { TransportEvents } from '../events.js';
import type { LeaseKeeper } from '../lease/lease-keeper.js';
import { receiveLease } from '../lease/lease-length.js';
import { LoopWatch } from '../lease/loop-watch.js';
import type { ConsumeSettings } from '../options.js';
import { receivesAreCheap, type ManagedQueue } from '../queue/managed-queue.js';
import { Acknowledger } from '../settle/acknowledger.js';
import { Releaser } from '../settle/releaser.js';
import { Arrivals } from './arrivals.js';
import type { Consumer, ConsumerMode, ConsumerState, StopOptions, StopReport } from './consumer.js';
import { Dispatcher } from './dispatcher.js';
import type { HeldMessage } from './held-message.js';
import { PollHealth } from './poll-health.js';
import { Poller } from './poller.js';
import { Receiver } from './receiver.js';
import { Settler } from './settler.js';
import { UnstartedReceives } from './unstarted-receives.js';
import { WaitingRoom } from './waiting-room.js';

/** What a consumer is assembled from. */
export interface QueueConsumerOptions {
  readonly queue: ManagedQueue;
  readonly settings: ConsumeSettings;
  readonly handle: DeliveryHandler;
  readonly keeper: LeaseKeeper;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: TransportEvents;
}

/** Milliseconds the answer to a poll of a busy queue is waited for before it is given up. */
const answerGraceMs = 100;

/** Milliseconds the last requests are given once the handlers' time is over. */
const flushMs = 2000;

/** Receives, runs and settles the messages of one queue. */
export class QueueConsumer implements Consumer {
  readonly #room: WaitingRoom<HeldMessage>;
  readonly #watch: LoopWatch;
  readonly #acknowledger: Acknowledger;
  readonly #releaser: Releaser;
  readonly #settler: Settler;
  readonly #dispatcher: Dispatcher;
  readonly #health: PollHealth;
  readonly #receiver: Receiver;
  readonly #arrivals: Arrivals;
  #mode: ConsumerMode = 'new';
  #handedBack = 0;
  readonly #handingBack = new Set<Promise<void>>();
  #stopped: Promise<StopReport> | undefined;

  constructor(private readonly options: QueueConsumerOptions) {
    const { queue, settings, clock, log, events } = options;
    const { api } = queue.pooled;
    const { name, url } = queue.info;
    const leaseSeconds = receiveLease(queue, settings.lease);
    this.#room = new WaitingRoom(queue.info.fifo);
    this.#watch = new LoopWatch(clock, Math.min(Math.max(leaseSeconds * 100, 50), 3000));
    this.#acknowledger = new Acknowledger({
      clock,
      lingerMs: settings.ackLingerMs,
      expectsMore: () => this.#dispatcher.expectsMore,
      deleteBatch: (handles) =>
        api.deleteBatch(name, {
          QueueUrl: url,
          Entries: handles.map((ReceiptHandle, i) => ({ Id: String(i), ReceiptHandle })),
        }),
    });
    this.#releaser = new Releaser({
      clock,
      changeVisibility: (entries) =>
        api.changeVisibilityBatch(name, {
          QueueUrl: url,
          Entries: entries.map((e, i) => ({
            Id: String(i),
            ReceiptHandle: e.receiptHandle,
            VisibilityTimeout: e.seconds,
          })),
        }),
    });
    const unstarted = new UnstartedReceives();
    this.#settler = new Settler({
      unstarted,
      clock,
      log,
      keeper: options.keeper,
      acknowledger: this.#acknowledger,
      releaser: this.#releaser,
      room: this.#room,
    });
    this.#dispatcher = new Dispatcher({
      queue: name,
      concurrency: settings.concurrency,
      room: this.#room,
      handle: options.handle,
      settler: this.#settler,
      clock,
      log,
      events,
      onFree: () => this.#slotFree(),
    });
    this.#health = new PollHealth({ queue: queue.options, clock, log, events });
    this.#arrivals = new Arrivals({
      ...options,
      leaseSeconds,
      maxBlockedMs: settings.maxBlockedMs,
      watch: this.#watch,
      settler: this.#settler,
      unstarted,
    });
    this.#receiver = new Receiver({
      settings,
      poller: new Poller({ queue, clock, waitTimeSeconds: settings.waitTimeSeconds, leaseSeconds }),
      health: this.#health,
      clock,
      occupied: () => this.#dispatcher.occupied,
      arrived: (messages, askedAt) => this.#arrived(messages, askedAt),
    });
  }

  get state(): ConsumerState {
    return {
      queue: this.options.queue.info.name,
      mode: this.#mode,
      running: this.#dispatcher.running.size,
      waiting: this.#room.ready + this.#room.blocked,
      acknowledging: this.#acknowledger.pending,
      polls: this.#receiver.polls,
      lastPollAt: this.#health.lastPollAt,
      lastError: this.#health.lastError,
      failures: this.#health.failures,
    };
  }

  start(): void {
    if (this.#mode !== 'new') return;
    this.#mode = 'running';
    this.#watch.start();
    this.#receiver.open();
  }

  async pause(): Promise<void> {
    if (this.#mode !== 'running') return;
    this.#mode = 'paused';
    this.#receiver.close();
    this.#handBack(this.#room.takeAll());
    await this.#giveUpPolls();
    await Promise.all(this.#handingBack);
  }

  resume(): void {
    if (this.#mode !== 'paused') return;
    this.#mode = 'running';
    this.#receiver.open();
  }

  stop(options: StopOptions): Promise<StopReport> {
    this.#stopped ??= this.#stop(options.shutdownTimeoutMs);
    return this.#stopped;
  }

  async #stop(shutdownTimeoutMs: number): Promise<StopReport> {
    this.#mode = 'stopping';
    this.#receiver.close();
    this.#handBack(this.#room.takeAll());
    const polls = this.#giveUpPolls().then(() => this.#receiver.settled());
    await this.#within(shutdownTimeoutMs, Promise.all([polls, this.#dispatcher.idle()]));
    this.#receiver.abort(new TransportClosedError('The last poll'));
    const left = [...this.#dispatcher.running];
    const takenAway = left.map((message) => this.#settler.takeAway(message));
    await this.#within(flushMs, Promise.allSettled([this.#acknowledger.drain(), ...this.#handingBack, ...takenAway]));
    const unconfirmed = this.#acknowledger.pending + this.#releaser.pending;
    this.#acknowledger.abandon(new TransportClosedError('Deleting a message'));
    this.#releaser.abandon(new TransportClosedError('Releasing a message'));
    this.#watch.stop();
    this.#mode = 'stopped';
    return { released: this.#handedBack, aborted: left.length, unconfirmed };
  }

  /**
   * An aborted poll may have been given messages by SQS that nobody will see until their lease ends: only where that costs
   * nothing but the wait is it aborted, and not while a busy queue is about to answer. Elsewhere what it returns is handed back.
   */
  async #giveUpPolls(): Promise<void> {
    if (this.options.queue.info.fifo || !receivesAreCheap(this.options.queue)) return;
    if (this.#receiver.lastAnswered) await this.#within(answerGraceMs, this.#receiver.settled());
    this.#receiver.abort(new TransportClosedError('The poll'));
  }

  #handBack(messages: readonly HeldMessage[]): void {
    const handingBack = this.#giveBack(messages).finally(() => this.#handingBack.delete(handingBack));
    this.#handingBack.add(handingBack);
  }

  async #giveBack(messages: readonly HeldMessage[]): Promise<void> {
    try {
      this.#handedBack += await this.#settler.giveBackUnstarted(messages);
    } catch (error) {
      // Logged where it failed; those leases run out.
      this.options.log.debug(String(error));
    }
  }

  #arrived(messages: readonly Message[], askedAt: number): void {
    const held = this.#arrivals.take(messages, askedAt);
    if (this.#mode === 'running') this.#dispatcher.accept(held);
    else this.#handBack(held);
  }

  #slotFree(): void {
    this.#acknowledger.expectLess();
    this.#receiver.wake();
  }

  async #within(milliseconds: number, work: Promise<unknown>): Promise<void> {
    const done = new AbortController();
    const finished = work.then(() => done.abort());
    await Promise.race([finished, sleep(this.options.clock, milliseconds, done.signal)]);
  }
}

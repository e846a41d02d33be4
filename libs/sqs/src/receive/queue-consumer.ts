import type { Message } from '@aws-sdk/client-sqs';

import { sleep, type Clock, type DeliveryHandler, type Log, type QueueMessage } from '#celery/ports';

import { TransportClosedError } from '../errors/index.js';
import { checkWhole } from '../errors/invalid-setting-error.js';
import type { TransportEvents } from '../events.js';
import type { LeaseKeeper } from '../lease/lease-keeper.js';
import { receiveLease } from '../lease/lease-length.js';
import { LoopWatch } from '../lease/loop-watch.js';
import type { ConsumeSettings } from '../options.js';
import { receivesAreCheap, type ManagedQueue } from '../queue/managed-queue.js';
import type { Acknowledger } from '../settle/acknowledger.js';
import { queueAcknowledger, queueReleaser } from '../settle/queue-settling.js';
import type { Releaser } from '../settle/releaser.js';
import { Arrivals } from './arrivals.js';
import type { Consumer, ConsumerMode, ConsumerState, StopOptions, StopReport } from './consumer.js';
import { Dispatcher } from './dispatcher.js';
import { HandBacks } from './hand-backs.js';
import { Handlers } from './handlers.js';
import type { HeldMessage } from './held-message.js';
import { PollHealth } from './poll-health.js';
import { Poller } from './poller.js';
import { Receiver, type ReceiverOptions } from './receiver.js';
import { Settler } from './settler.js';
import { PoolSeat } from './slot-pool/pool-seat.js';
import { UnstartedReceives } from './unstarted-receives.js';
import { inOrder, WaitingRoom, type GroupRule } from './waiting-room.js';

/** What a consumer is assembled from. */
export interface QueueConsumerOptions {
  readonly queue: ManagedQueue;
  readonly settings: ConsumeSettings;
  readonly handle: DeliveryHandler;
  /** Puts a message on the queue. */
  readonly sendAgain: (message: QueueMessage) => Promise<void>;
  readonly keeper: LeaseKeeper;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: TransportEvents;
}

/** Milliseconds the answer to a poll of a busy queue is waited for before it is given up. */
const answerGraceMs = 100;

/** Deletes that may be pending before the rest take slots: many more than ever are where SQS answers. */
const undeletedAtLeast = 100;
const undeletedPerSlot = 10;

/** Milliseconds the last requests are given once the handlers' time is over. */
const flushMs = 2000;

/** Receives, runs and settles the messages of one queue. */
export class QueueConsumer implements Consumer {
  readonly #room: WaitingRoom<HeldMessage>;
  readonly #watch: LoopWatch;
  readonly #acknowledger: Acknowledger;
  readonly #releaser: Releaser;
  readonly #settler: Settler;
  readonly #handBacks: HandBacks;
  readonly #handlers: Handlers;
  readonly #dispatcher: Dispatcher;
  readonly #receiver: Receiver;
  readonly #arrivals: Arrivals;
  readonly #seat: PoolSeat | undefined;
  #mode: ConsumerMode = 'new';
  #started = false;
  #paused: Promise<void> | undefined;
  #stopped: Promise<StopReport> | undefined;

  constructor(private readonly options: QueueConsumerOptions) {
    const { queue, settings, clock, log, events } = options;
    const { pool, prefetch, waitTimeSeconds, ackLingerMs: lingerMs, maxBlockedMs } = settings;
    const leaseSeconds = receiveLease(queue, settings.lease);
    const unstarted = new UnstartedReceives();
    this.#room = new WaitingRoom(groupRule(options));
    this.#watch = new LoopWatch(clock, Math.min(Math.max(leaseSeconds * 100, 50), 3000));
    this.#acknowledger = queueAcknowledger({
      queue,
      clock,
      lingerMs,
      expectsMore: () => this.#dispatcher.expectsMore,
      onAnswered: () => this.#receiver.wake(),
    });
    this.#releaser = queueReleaser(queue, clock);
    this.#settler = new Settler({
      unstarted,
      clock,
      log,
      keeper: options.keeper,
      acknowledger: this.#acknowledger,
      releaser: this.#releaser,
      room: this.#room,
      sendAgain: options.sendAgain,
    });
    this.#handBacks = new HandBacks({ settler: this.#settler, receiver: () => this.#receiver, log });
    this.#handlers = new Handlers(options.handle, log);
    this.#dispatcher = new Dispatcher({
      queue: queue.info.name,
      concurrency: settings.concurrency,
      ordered: queue.info.fifo,
      room: this.#room,
      handlers: this.#handlers,
      settler: this.#settler,
      clock,
      events,
      onFree: () => this.#slotFree(),
      handBack: (message) => this.#handBacks.begin([message]),
      share: pool && (() => pool.fill()),
    });
    this.#arrivals = new Arrivals({
      ...options,
      leaseSeconds,
      maxBlockedMs,
      watch: this.#watch,
      settler: this.#settler,
      slots: this.#dispatcher,
      unstarted,
    });
    this.#receiver = new Receiver({
      poller: new Poller({ queue, clock, waitTimeSeconds, leaseSeconds }),
      health: new PollHealth({ queue: queue.options, clock, log, events }),
      clock,
      room: () => this.#pollRoom(),
      arrived: (messages, askedAt) => this.#arrived(messages, askedAt),
    });
    const { weight } = settings;
    this.#seat =
      pool && new PoolSeat({ pool, weight, prefetch, dispatcher: this.#dispatcher, receiver: this.#receiver });
  }

  get state(): ConsumerState {
    return {
      queue: this.options.queue.info.name,
      mode: this.#mode,
      concurrency: this.#dispatcher.concurrency,
      running: this.#dispatcher.running.size,
      aside: this.#dispatcher.aside.size,
      waiting: this.#room.ready + this.#room.blocked,
      acknowledging: this.#acknowledger.pending,
      loopLagMs: this.#watch.lagMs,
      ...this.#receiver.state,
    };
  }

  start(): void {
    if (this.#started || this.#stopped) return;
    this.#started = true;
    this.#watch.start();
    this.#seat?.join();
    if (this.#mode === 'new') this.#open();
  }

  pause(): Promise<void> {
    if (this.#mode === 'new' || this.#mode === 'running') this.#paused = this.#pause();
    return this.#paused ?? Promise.resolve();
  }

  resume(): void {
    if (this.#mode !== 'paused') return;
    if (this.#started) this.#open();
    else this.#mode = 'new';
  }

  setConcurrency(concurrency: number): void {
    checkWhole(`concurrency of queue "${this.options.queue.info.name}"`, concurrency);
    this.#dispatcher.concurrency = concurrency;
    this.#receiver.wake();
  }

  stop(options: StopOptions): Promise<StopReport> {
    this.#stopped ??= this.#stop(options.shutdownTimeoutMs);
    return this.#stopped;
  }

  #open(): void {
    this.#mode = 'running';
    this.#dispatcher.open();
    this.#receiver.open();
  }

  async #pause(): Promise<void> {
    this.#mode = 'paused';
    this.#receiver.close();
    this.#handBacks.begin(this.#dispatcher.pause());
    await this.#giveUpPolls();
    await this.#handBacks.settled();
  }

  async #stop(shutdownTimeoutMs: number): Promise<StopReport> {
    this.#mode = 'stopping';
    this.#receiver.close();
    this.#handBacks.begin(this.#dispatcher.close());
    const polls = this.#giveUpPolls().then(() => this.#receiver.settled());
    await this.#within(shutdownTimeoutMs, Promise.all([polls, this.#handlers.idle()]));
    this.#receiver.abort(new TransportClosedError('The last poll'));
    const aborted = this.#handlers.unfinished;
    const takenAway = [...this.#dispatcher.running].map((message) => this.#settler.takeAway(message));
    const handedBack = this.#handBacks.settled();
    await this.#within(flushMs, Promise.allSettled([this.#acknowledger.drain(), handedBack, ...takenAway]));
    const unconfirmed = this.#acknowledger.pending + this.#releaser.pending;
    this.#acknowledger.abandon(new TransportClosedError('Deleting a message'));
    this.#releaser.abandon(new TransportClosedError('Releasing a message'));
    this.#watch.stop();
    this.#seat?.leave();
    this.#mode = 'stopped';
    return { released: this.#handBacks.released, aborted, unconfirmed };
  }

  /**
   * An aborted poll may have been given messages by SQS that nobody will see until their lease ends: only where that costs
   * nothing but the wait is it aborted, and not while a busy queue is about to answer. Elsewhere what it returns is handed back.
   */
  async #giveUpPolls(): Promise<void> {
    if (this.options.queue.info.fifo || !receivesAreCheap(this.options.queue)) return;
    if (this.#receiver.lastAnswered) await this.#within(answerGraceMs, this.#receiver.settled());
    // Resumed meanwhile: these polls are wanted again.
    if (this.#mode === 'running') return;
    this.#receiver.abort(new TransportClosedError('The poll'));
  }

  #arrived(messages: readonly Message[], askedAt: number): void {
    const held = this.#arrivals.take(messages, askedAt);
    if (this.#mode === 'running') this.#dispatcher.accept(held);
    else this.#handBacks.begin(this.#dispatcher.turnAway(held));
  }

  #pollRoom(): ReturnType<ReceiverOptions['room']> {
    const { concurrency } = this.#dispatcher;
    // Where deletes fail, what has run is still held: it must not become more and more.
    const undeleted = Math.max(
      0,
      this.#acknowledger.pending - Math.max(undeletedAtLeast, concurrency * undeletedPerSlot),
    );
    const occupied = this.#dispatcher.occupied + undeleted;
    return { concurrency, prefetch: this.options.settings.prefetch, occupied, mayAsk: this.#seat?.mayAsk ?? Infinity };
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

function groupRule({ queue, settings }: QueueConsumerOptions): GroupRule | undefined {
  if (queue.info.fifo) return inOrder;
  return settings.groupConcurrency === undefined ? undefined : { atOnce: settings.groupConcurrency, ordered: false };
}

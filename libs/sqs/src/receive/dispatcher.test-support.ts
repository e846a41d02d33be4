import type { Clock, Delivery, QueueInfo } from '#celery/ports';

import { HeldLease } from '../lease/held-lease.js';
import { Acknowledger } from '../settle/acknowledger.js';
import { Releaser } from '../settle/releaser.js';
import { LogLines } from '../transport.test-support.js';
import { Dispatcher } from './dispatcher.js';
import { Handlers } from './handlers.js';
import { HeldMessage } from './held-message.js';
import { Settler } from './settler.js';
import { PoolSeat } from './slot-pool/pool-seat.js';
import type { SlotPool } from './slot-pool/slot-pool.js';
import { UnstartedReceives } from './unstarted-receives.js';
import { WaitingRoom, type GroupRule } from './waiting-room.js';

interface DispatchBenchOptions {
  readonly clock: Clock;
  readonly concurrency: number;
  readonly weight: number;
  readonly pool: SlotPool;
  readonly rule: GroupRule | undefined;
  handle(delivery: Delivery): Promise<void>;
}

/** The dispatcher of one queue with everything behind it but SQS. */
export class DispatchBench {
  readonly log = new LogLines();
  readonly dispatcher: Dispatcher;
  readonly seat: PoolSeat;
  readonly #settler: Settler;
  #messages = 0;

  constructor(private readonly options: DispatchBenchOptions) {
    const { clock, pool, weight, concurrency } = options;
    const { log } = this;
    const room = new WaitingRoom<HeldMessage>(options.rule);
    const keeper = { hold: () => undefined, letGo: () => Promise.resolve(), close: () => undefined };
    const acknowledger = new Acknowledger({
      clock,
      lingerMs: 0,
      expectsMore: () => false,
      deleteBatch: () => Promise.resolve({}),
    });
    const releaser = new Releaser({ clock, changeVisibility: () => Promise.resolve({}) });
    const unstarted = new UnstartedReceives();
    const sendAgain = (): Promise<void> => Promise.resolve();
    this.#settler = new Settler({ clock, log, keeper, acknowledger, releaser, unstarted, room, sendAgain });
    this.dispatcher = new Dispatcher({
      queue: 'q',
      concurrency,
      ordered: options.rule?.ordered ?? false,
      room,
      handlers: new Handlers((delivery) => options.handle(delivery), log),
      settler: this.#settler,
      clock,
      events: {},
      onFree: () => undefined,
      handBack: (message) => this.#handBack([message]),
      share: () => pool.fill(),
    });
    const receiver = { isOpen: true, asked: 0, lastAnswered: false, wake: () => undefined };
    this.seat = new PoolSeat({ pool, weight, prefetch: 0, dispatcher: this.dispatcher, receiver });
  }

  /** A message arrives while messages are taken. */
  arrive(messageGroupId?: string): void {
    this.dispatcher.accept([this.#held(messageGroupId)]);
  }

  /** What a pause and a stop do with what waits. */
  close(): void {
    this.#handBack(this.dispatcher.close());
  }

  #handBack(messages: readonly HeldMessage[]): void {
    this.#settler.giveBackUnstarted(messages).catch((error: unknown) => this.log.error(String(error)));
  }

  #held(messageGroupId: string | undefined): HeldMessage {
    const messageId = `m${this.#messages++}`;
    const subject = { queue: 'q', messageId, receiptHandle: messageId, maxBlockedMs: 600_000 };
    const record = {
      grantedAt: 0,
      seconds: 30,
      extensionSeconds: 30,
      receivedAt: 0,
      extendUntil: Infinity,
      retryAt: 0,
    };
    const lease = new HeldLease(subject, record, this.options.clock);
    const held = new HeldMessage({
      queue: queueInfo,
      message: { MessageId: messageId, ...(messageGroupId ? { Attributes: { MessageGroupId: messageGroupId } } : {}) },
      lease,
      receivedAt: 0,
      receiveCount: 1,
      unstartedReceives: 0,
      settlement: this.#settler,
      slots: this.dispatcher,
    });
    lease.onLost = (): void => {
      this.#settler.lost(held);
      this.dispatcher.fill();
    };
    return held;
  }
}

const queueInfo: QueueInfo = { name: 'q', url: 'http://127.0.0.1/q', fifo: false };

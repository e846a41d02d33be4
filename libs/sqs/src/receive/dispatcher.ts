import { mayGoBack, type Clock } from '#celery/ports';

import type { TransportEvents } from '../events.js';
import { isStale } from '../lease/lease-plan.js';
import { Aside } from './aside.js';
import type { Handlers } from './handlers.js';
import type { HeldMessage, SlotKeeper } from './held-message.js';
import { alreadySettled, notRunning } from './refusals.js';
import type { Settler } from './settler.js';
import type { WaitingRoom } from './waiting-room.js';

interface DispatcherOptions {
  readonly queue: string;
  readonly concurrency: number;
  /** Whether the queue is a FIFO queue. */
  readonly ordered: boolean;
  readonly room: WaitingRoom<HeldMessage>;
  readonly handlers: Handlers;
  readonly settler: Settler;
  readonly clock: Clock;
  readonly events: TransportEvents;
  /** A slot is free. */
  onFree(): void;
  /** A message may not stand aside, as nothing is to be held any more. */
  handBack(message: HeldMessage): void;
  /** Calls `startNext` of whoever's turn it is while the shared slots last; without it only the queue's own slots count. */
  readonly share?: (() => void) | undefined;
}

/** Messages that wait for their group, and groups that wait, take no slot; this many for each slot may be held. */
const blockedPerSlot = 10;

/** Gives waiting messages the slots of a queue. */
export class Dispatcher implements SlotKeeper {
  readonly running = new Set<HeldMessage>();
  readonly aside = new Aside();
  #concurrency: number;
  /** Paused: nothing gets a slot, and only what may not go back is held. */
  #mode: 'open' | 'paused' | 'closed' = 'open';

  constructor(private readonly options: DispatcherOptions) {
    this.#concurrency = options.concurrency;
  }

  get concurrency(): number {
    return this.#concurrency;
  }

  /** What runs above a smaller number runs on. */
  set concurrency(slots: number) {
    this.#concurrency = slots;
    this.fill();
  }

  /** Messages that only wait for a slot. */
  get waiting(): number {
    return this.options.room.ready + this.aside.returning;
  }

  /** Slots taken: by what runs, and by what waits for a slot. */
  get occupied(): number {
    const tooManyBlocked = this.options.room.blocked - this.#concurrency * blockedPerSlot;
    return this.running.size + this.waiting + this.#tooManyAside + Math.max(0, tooManyBlocked);
  }

  /** Whether a message would run if it were given a slot. */
  get wanting(): boolean {
    const { room } = this.options;
    return (this.aside.returning > 0 && this.#mayReturn) || (room.ready > 0 && this.#mayBegin);
  }

  /** Whether a running delivery has not been settled: its delete is still to come. */
  get expectsMore(): boolean {
    for (const message of this.running) if (message.state === 'running') return true;
    return false;
  }

  /** Runs what was received, as far as there are slots. */
  accept(messages: readonly HeldMessage[]): void {
    for (const message of messages) this.options.room.add(message);
    this.fill();
  }

  /** Gives every free slot a message. */
  fill(): void {
    if (this.options.share) this.options.share();
    else while (this.startNext());
  }

  /** Gives one message a slot: what comes back goes before what has not begun. */
  startNext(): boolean {
    return (this.#mayReturn && this.#returnNext()) || (this.#mayBegin && this.#beginNext());
  }

  get mayStandAside(): boolean {
    return this.#mode === 'open' && this.aside.waiting < this.#asideForFree;
  }

  groupReceiveCount(message: HeldMessage): number {
    const counts = this.options.room.followersOf(message).map(({ receiveCount }) => receiveCount);
    return Math.max(message.receiveCount, ...counts);
  }

  /** The message keeps its lease and, on a FIFO queue, its group. */
  async standAside(message: HeldMessage, until: Promise<void>): Promise<boolean> {
    // Who is told that there is nothing left to do will not look at it any more.
    until.catch(() => undefined);
    if (message.lease.lost) return false;
    if (message.deletion ?? message.giveBack) throw alreadySettled(message);
    if (!this.running.delete(message)) throw notRunning(message);
    if (this.#mode !== 'open' && !this.#isKept(message)) {
      this.#takeBack(message);
      return false;
    }
    message.state = 'aside';
    const back = this.aside.stand(message, until, () => this.fill());
    this.#slotFree();
    if (!(await back)) return false;
    await until;
    return true;
  }

  /** Gives slots again, first to what was kept. */
  open(): void {
    this.#mode = 'open';
    this.fill();
  }

  /**
   * Gives no slots for now: takes out what waits, each group in order, but for messages that another receive would lead to the
   * dead-letter queue, and their groups. What runs runs on.
   */
  pause(): HeldMessage[] {
    this.#mode = 'paused';
    const aside = this.aside.dismissAll((message) => !this.#isKept(message));
    return this.#takenOut(
      aside,
      this.options.room.takeAll((group) => !group.some((message) => this.#isKept(message))),
    );
  }

  /** Nothing may wait any more: takes out all that does, each group in order. What runs runs on. */
  close(): HeldMessage[] {
    this.#mode = 'closed';
    return this.#takenOut(this.aside.dismissAll(), this.options.room.takeAll());
  }

  /** Takes in what arrives too late for a slot, and out again what is not held through a pause. */
  turnAway(messages: readonly HeldMessage[]): HeldMessage[] {
    for (const message of messages) this.options.room.add(message);
    return this.#mode === 'paused' ? this.pause() : this.close();
  }

  #takenOut(dismissed: readonly HeldMessage[], waiting: readonly HeldMessage[]): HeldMessage[] {
    const aside = dismissed.filter((message) => !message.deletion && !message.giveBack);
    for (const message of aside) this.options.room.leave(message);
    return [...aside, ...waiting];
  }

  /** Whether a message is held through a pause: handed back, it or what goes with it would spend a receive that is kept for a run. */
  #isKept(message: HeldMessage): boolean {
    if (this.#mode !== 'paused' || message.lease.lost) return false;
    return !mayGoBack({ queue: message.queue, receiveCount: this.groupReceiveCount(message) });
  }

  /** What stands aside is held as well: beyond this it counts as running. */
  get #tooManyAside(): number {
    return Math.max(0, this.aside.waiting - this.#asideForFree);
  }

  /** As many as would fill all slots but one; more where each only stands for its group, which must not stop the others. */
  get #asideForFree(): number {
    return (this.#concurrency - 1) * (this.options.ordered ? blockedPerSlot : 1);
  }

  /** Those that still stand aside do not count: they may wait for what this one will do. */
  get #mayReturn(): boolean {
    return this.#mode === 'open' && this.running.size < this.#concurrency;
  }

  get #mayBegin(): boolean {
    return this.#mode === 'open' && this.running.size + this.#tooManyAside < this.#concurrency;
  }

  #returnNext(): boolean {
    for (let next = this.aside.callBack(); next; next = this.aside.callBack()) {
      const { message, answer } = next;
      const back = !this.#isLate(message);
      if (back) this.#giveSlot(message);
      answer(back);
      if (back) return true;
    }
    return false;
  }

  #beginNext(): boolean {
    for (let message = this.options.room.next(); message; message = this.options.room.next()) {
      if (!this.#isLate(message)) {
        this.#giveSlot(message);
        void this.options.handlers.run(message, () => this.#ended(message));
        return true;
      }
      this.#end(message);
    }
    return false;
  }

  /** Nobody can tell any more whether it is still ours: it is let go. */
  #isLate(message: HeldMessage): boolean {
    const now = this.options.clock.monotonic();
    const late = message.lease.lostAt(now) || isStale(message.lease.record, now);
    if (late) this.options.events.deliveryStale?.({ queue: this.options.queue, messageId: message.messageId });
    return late;
  }

  #giveSlot(message: HeldMessage): void {
    message.state = 'running';
    this.running.add(message);
  }

  #slotFree(): void {
    this.fill();
    this.options.onFree();
  }

  #takeBack(message: HeldMessage): void {
    this.options.handBack(message);
    this.options.room.leave(message);
    this.#slotFree();
  }

  #ended(message: HeldMessage): void {
    if (!this.running.delete(message)) this.aside.dismiss(message);
    this.#end(message);
  }

  #end(message: HeldMessage): void {
    this.options.settler.ended(message);
    this.options.room.leave(message);
    this.#slotFree();
  }
}

import type { Deadlines } from '../clock/deadlines.js';
import type { Line } from './line.js';
import type { Message } from './message.js';

/** How many messages of a queue are in which state. */
export interface MessageCounts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** The messages of one queue and their states. Each has at most one deadline: its next change, or the end of its retention. */
export class MessageStore {
  private readonly messages = new Map<string, Message>();
  private readonly counts = { visible: 0, inFlight: 0, delayed: 0 };

  constructor(
    private readonly line: Line,
    private readonly deadlines: Deadlines,
    /** Milliseconds a message is kept. */
    private readonly retentionMs: () => number,
    /** Called when a message may have become receivable. */
    private readonly onVisible: () => void,
  ) {}

  get size(): number {
    return this.messages.size;
  }

  count(): MessageCounts {
    return { ...this.counts };
  }

  get inFlight(): number {
    return this.counts.inFlight;
  }

  get(id: string): Message | undefined {
    return this.messages.get(id);
  }

  values(): Iterable<Message> {
    return this.messages.values();
  }

  /** Takes in a message in the state it is given in. */
  add(message: Message): void {
    this.messages.set(message.id, message);
    this.enter(message);
  }

  remove(message: Message): void {
    this.leave(message);
    this.messages.delete(message.id);
    this.onVisible();
  }

  clear(): void {
    for (const message of this.messages.values()) this.remove(message);
  }

  /** Hides a message for `ms`, or shows it at once when that is 0. */
  hide(message: Message, ms: number): void {
    this.leave(message);
    message.state = ms > 0 ? 'inFlight' : 'visible';
    message.hiddenUntil = this.deadlines.now() + ms;
    this.enter(message);
  }

  /** Sets when a delayed message becomes visible. */
  delayUntil(message: Message, at: number): void {
    this.leave(message);
    message.hiddenUntil = at;
    message.state = at > this.deadlines.now() ? 'delayed' : 'visible';
    this.enter(message);
  }

  /** To be called after the retention period of the queue has changed. */
  reschedule(): void {
    for (const message of this.messages.values()) this.setDeadline(message);
  }

  private enter(message: Message): void {
    this.counts[message.state]++;
    if (message.state === 'inFlight') this.line.lock(message);
    if (message.state === 'visible') {
      this.line.add(message);
      this.onVisible();
    }
    this.setDeadline(message);
  }

  private leave(message: Message): void {
    this.counts[message.state]--;
    if (message.state === 'inFlight') this.line.unlock(message);
    if (message.state === 'visible') this.line.remove(message);
    this.deadlines.cancel(message.deadline);
    message.deadline = undefined;
  }

  private setDeadline(message: Message): void {
    this.deadlines.cancel(message.deadline);
    const end = message.enqueuedAt + this.retentionMs();
    const at = message.state === 'visible' ? end : Math.min(end, message.hiddenUntil);
    message.deadline = this.deadlines.schedule(at, () => this.onDeadline(message, end));
  }

  private onDeadline(message: Message, end: number): void {
    message.deadline = undefined;
    if (this.deadlines.now() >= end) this.remove(message);
    else this.hide(message, 0);
  }
}

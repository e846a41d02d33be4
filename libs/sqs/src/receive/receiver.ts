import type { Message } from '@aws-sdk/client-sqs';

import type { Clock, Timer } from '#celery/ports';

import type { RequestEnd } from '../client/request-end.js';
import { OutstandingPolls } from './outstanding-polls.js';
import { longestPauseMs, type PollHealth, type PollRecord } from './poll-health.js';
import { mostPerPoll, planPoll, type PollState } from './poll-plan.js';
import type { PollTrouble } from './poll-trouble.js';
import type { Poller, Received } from './poller.js';
import { looksWithin, Watchdog } from './watchdog.js';

/** How a queue is being polled. */
export interface PollingState extends PollRecord {
  /** Polls that are out. */
  readonly polls: number;
  /**
   * Why the queue is not polled as it should be; undefined: it is, also while every slot is taken and where nothing is to be
   * polled (paused, stopped).
   */
  readonly trouble: PollTrouble | undefined;
}

/**
 * Milliseconds for which a poll waits, behind an answer, for slots that are about to become free: a batch of short tasks ends as
 * one. Asked for before, what is missing of a batch would never be made up, and each poll would go on bringing a half.
 */
const gatherMs = 5;

/** What a receiver polls with, and for whom. */
export interface ReceiverOptions {
  readonly poller: Pick<Poller, 'poll' | 'longestMs'>;
  readonly health: PollHealth;
  readonly clock: Clock;
  /** What there is room for at present. */
  room(): Pick<PollState, 'concurrency' | 'prefetch' | 'occupied' | 'mayAsk'>;
  /** Takes what a poll brought. */
  arrived(messages: readonly Message[], askedAt: number): void;
}

/** Polls one queue whenever a slot is free, until it is told to stop; no error ends it, and a watchdog sees to that. */
export class Receiver {
  readonly #polls: OutstandingPolls;
  readonly #watchdog: Watchdog;
  #lastAnswerFull = false;
  #lastAnswered = false;
  #open = false;
  #retry: Timer | undefined;
  /** Looks of the watchdog since the pause began. */
  #pauseLooks = 0;
  #turn: NodeJS.Immediate | undefined;

  constructor(private readonly options: ReceiverOptions) {
    const { clock, poller } = options;
    this.#polls = new OutstandingPolls(() => poller.longestMs);
    this.#watchdog = new Watchdog({
      clock,
      look: () => this.#look(),
      restart: (fault) => this.#restart(fault),
    });
  }

  /** How it goes. */
  get state(): PollingState {
    const { health } = this.options;
    return { ...health.record, polls: this.#polls.size, trouble: this.#trouble() };
  }

  /** Polls that are out. */
  get polls(): number {
    return this.#polls.size;
  }

  /** Messages the outstanding polls have asked for. */
  get asked(): number {
    return this.#polls.asked;
  }

  /** Whether it polls. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Whether the last answer brought messages: there are likely to be more. */
  get lastAnswered(): boolean {
    return this.#lastAnswered;
  }

  open(): void {
    this.#open = true;
    this.#lastAnswerFull = false;
    this.#watchdog.start();
    this.#pollMore();
  }

  /** Makes no new poll; those that are out go on. */
  close(): void {
    this.#open = false;
    this.#watchdog.stop();
    this.#cancelNext();
  }

  /** Aborts what is out: its answer is lost. */
  abort(reason: Error): void {
    this.#polls.abort(reason);
  }

  /** Resolves when the polls that are out now are answered or aborted. */
  settled(): Promise<void> {
    return this.#polls.settled();
  }

  /** A slot is free. Polls at the end of this turn, so that slots that become free together are filled by one request. */
  wake(): void {
    if (!this.#open) return;
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#pollMore();
    });
  }

  #pollMore({ gathers = false } = {}): void {
    if (!this.#open) return;
    try {
      if (this.options.health.waitMs > 0) this.#pollLater(this.options.health.waitMs);
      else if (gathers && this.#isPartial()) this.#pollLater(gatherMs);
      else for (let asked = this.#planned(); asked > 0; asked = this.#planned()) this.#pollFor(asked);
    } catch (error) {
      // Whoever counts the slots failed. The timer or the poll that called this is gone: it must not have been the last.
      this.options.health.failed(error);
      this.#pollLater(this.options.health.waitMs);
    }
  }

  /** Whether the next poll would ask for the rest of a batch while what the last one brought is being run. */
  #isPartial(): boolean {
    if (!this.#lastAnswered || this.#polls.size > 0 || this.options.room().occupied === 0) return false;
    const asked = this.#planned();
    return asked > 0 && asked < mostPerPoll;
  }

  /** One timer, however many slots become free meanwhile. */
  #pollLater(waitMs: number): void {
    if (this.#retry) return;
    this.#pauseLooks = 0;
    this.#retry = this.options.clock.setTimeout(() => {
      this.#retry = undefined;
      this.#pollMore();
    }, Math.ceil(waitMs));
  }

  #cancelNext(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    clearImmediate(this.#turn);
    this.#turn = undefined;
  }

  #planned(): number {
    const { concurrency, prefetch, occupied, mayAsk } = this.options.room();
    return planPoll({
      concurrency,
      prefetch,
      occupied,
      mayAsk,
      asked: this.#polls.asked,
      polls: this.#polls.size,
      lastAnswerFull: this.#lastAnswerFull,
    });
  }

  #pollFor(asked: number): void {
    this.#polls.add(
      asked,
      (end) => this.#poll(asked, end),
      () => this.#pollMore({ gathers: true }),
    );
  }

  async #poll(asked: number, end: RequestEnd): Promise<void> {
    const { poller, health, clock } = this.options;
    const begun = clock.monotonic();
    try {
      const received = await poller.poll(asked, health.failures === 0, end);
      this.#take(received, asked, clock.monotonic() - begun);
    } catch (error) {
      if (end.aborted) return;
      this.#lastAnswerFull = false;
      health.failed(error);
    }
  }

  /** What nobody took counts as a failed poll: its messages come back, and must not come back in a rush. */
  #take({ messages, unusable, askedAt }: Received, asked: number, tookMs: number): void {
    this.options.arrived(messages, askedAt);
    // After a poll that failed meanwhile one alone tries whether it was the last to fail.
    this.#lastAnswerFull = messages.length >= asked && this.options.health.waitMs === 0;
    this.#lastAnswered = messages.length > 0;
    if (unusable > 0) this.options.health.unusable(unusable);
    else this.options.health.succeeded({ asked, received: messages.length, tookMs });
  }

  #trouble(): PollTrouble | undefined {
    if (!this.#open) return undefined;
    return this.#fault() === undefined ? this.options.health.trouble : 'stalled';
  }

  #look(): string | undefined {
    this.#polls.seen();
    this.#pauseLooks++;
    return this.#fault();
  }

  /** Why the queue is not being polled although it should be: there is nothing that will ever poll it. */
  #fault(): string | undefined {
    if (!this.#open || this.#turn) return undefined;
    const { overdue, size } = this.#polls;
    if (overdue > 0) return `${overdue} of ${size} polls never ended`;
    if (size > 0) return undefined;
    if (this.#retry) return this.#pauseLooks > looksWithin(longestPauseMs) ? 'a pause never ended' : undefined;
    return this.#slotsAreFree() ? 'slots are free and nobody asks' : undefined;
  }

  #slotsAreFree(): boolean {
    try {
      return this.#planned() > 0;
    } catch {
      // Not knowing whether there are any is not polling, either; the restart runs into the same error and reports it.
      return true;
    }
  }

  #restart(fault: string): void {
    this.#cancelNext();
    this.#polls.drop(new Error(`The poll was given up: ${fault}.`));
    this.options.health.stalled(fault);
    this.#pollMore();
  }
}

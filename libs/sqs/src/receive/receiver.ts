import type { Message } from '@aws-sdk/client-sqs';

import type { Clock, Timer } from '#celery/ports';

import type { ConsumeSettings } from '../options.js';
import type { PollHealth } from './poll-health.js';
import { planPoll } from './poll-plan.js';
import type { Poller } from './poller.js';

interface ReceiverOptions {
  readonly settings: Pick<ConsumeSettings, 'concurrency' | 'prefetch'>;
  readonly poller: Poller;
  readonly health: PollHealth;
  readonly clock: Clock;
  /** Slots taken at present. */
  occupied(): number;
  /** Takes what a poll brought. */
  arrived(messages: readonly Message[], askedAt: number): void;
}

/** Polls one queue whenever a slot is free, until it is told to stop; no error ends it. */
export class Receiver {
  readonly #polls = new Map<AbortController, Promise<void>>();
  #asked = 0;
  #lastAnswerFull = false;
  #lastAnswered = false;
  #open = false;
  #retry: Timer | undefined;
  #turn: NodeJS.Immediate | undefined;

  constructor(private readonly options: ReceiverOptions) {}

  /** Polls that are out. */
  get polls(): number {
    return this.#polls.size;
  }

  /** Whether the last answer brought messages: there are likely to be more. */
  get lastAnswered(): boolean {
    return this.#lastAnswered;
  }

  open(): void {
    this.#open = true;
    this.#lastAnswerFull = false;
    this.#pollMore();
  }

  /** Makes no new poll; those that are out go on. */
  close(): void {
    this.#open = false;
    this.#retry?.cancel();
    clearImmediate(this.#turn);
    this.#turn = undefined;
  }

  /** Aborts what is out: its answer is lost. */
  abort(reason: Error): void {
    for (const controller of this.#polls.keys()) controller.abort(reason);
  }

  /** Resolves when the polls that are out now are answered or aborted. */
  async settled(): Promise<void> {
    await Promise.all(this.#polls.values());
  }

  /** A slot is free. Polls at the end of this turn, so that slots that become free together are filled by one request. */
  wake(): void {
    if (!this.#open) return;
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#pollMore();
    });
  }

  #pollMore(): void {
    if (!this.#open) return;
    const { waitMs } = this.options.health;
    if (waitMs > 0) {
      this.#retry?.cancel();
      this.#retry = this.options.clock.setTimeout(() => this.#pollMore(), Math.ceil(waitMs));
      return;
    }
    for (let asked = this.#planned(); asked > 0; asked = this.#planned()) this.#pollFor(asked);
  }

  #planned(): number {
    const { concurrency, prefetch } = this.options.settings;
    return planPoll({
      concurrency,
      prefetch,
      occupied: this.options.occupied(),
      asked: this.#asked,
      polls: this.#polls.size,
      lastAnswerFull: this.#lastAnswerFull,
    });
  }

  #pollFor(asked: number): void {
    const controller = new AbortController();
    this.#asked += asked;
    const answered = this.#poll(asked, controller.signal).then(() => {
      this.#polls.delete(controller);
      this.#asked -= asked;
      this.#pollMore();
    });
    this.#polls.set(controller, answered);
  }

  async #poll(asked: number, signal: AbortSignal): Promise<void> {
    const { poller, health, clock } = this.options;
    const begun = clock.monotonic();
    try {
      const { messages, askedAt } = await poller.poll(asked, health.failures === 0, signal);
      this.#lastAnswerFull = messages.length >= asked;
      this.#lastAnswered = messages.length > 0;
      health.succeeded({ asked, received: messages.length, tookMs: clock.monotonic() - begun });
      this.options.arrived(messages, askedAt);
    } catch (error) {
      if (signal.aborted) return;
      this.#lastAnswerFull = false;
      health.failed(error);
    }
  }
}

import type { SqsCeleryOptions } from 'nestjs-sqs-celery';
import { LocalSqs, VirtualClock } from 'nestjs-sqs-celery/testing';
import { Journal } from './journal.js';
import { NestApp } from './nest-app.js';

const MINUTE_MS = 60_000;

/** One run of one scenario on a LocalSqs whose clock is turned by hand: hours pass in a moment. */
export class VirtualStage {
  readonly startedAt: number;
  readonly #apps = new Set<NestApp>();

  private constructor(
    readonly sqs: LocalSqs,
    readonly journal: Journal,
    readonly clock: VirtualClock,
  ) {
    this.startedAt = clock.now();
  }

  static async open(): Promise<VirtualStage> {
    const clock = new VirtualClock();
    return new VirtualStage(await LocalSqs.start({ clock }), await Journal.start(() => clock.now()), clock);
  }

  /** Starts a Nest application that consumes the queue `celery`, which is created where it is missing. */
  async nest(options: SqsCeleryOptions = {}): Promise<NestApp> {
    if (!this.sqs.queueNames().includes('celery')) this.sqs.createQueue('celery');
    const app = await NestApp.start({
      endpoint: this.sqs.endpoint,
      setting: { write: (note) => this.journal.add(note) },
      clock: this.clock,
      queues: ['celery'],
      ...options,
    });
    this.#apps.add(app);
    return app;
  }

  /** Closing takes time too: a poll ends, a delete is sent. */
  async stop(app: NestApp): Promise<void> {
    this.#apps.delete(app);
    const closing = app.stop();
    await this.clock.advance(MINUTE_MS);
    await closing;
  }

  /** Lets time pass until `promise` is settled. */
  async during<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const mark = (): void => void (settled = true);
    promise.then(mark, mark);
    await this.clock.advanceUntil(() => settled);
    return promise;
  }

  /** Hours since the start, to the second. */
  hours(at: number): number {
    return Math.floor((at - this.startedAt) / 1000) / 3600;
  }

  /** Milliseconds until its first message can be received. */
  get hiddenForMs(): number {
    return this.sqs.queue('celery').messages[0]?.hiddenForMs ?? 0;
  }

  /** Messages of the queue. */
  get depth(): number {
    return this.sqs.queue('celery').messages.length;
  }

  async close(): Promise<void> {
    for (const app of this.#apps) await this.stop(app);
    await this.journal.stop();
    await this.sqs.close();
  }
}

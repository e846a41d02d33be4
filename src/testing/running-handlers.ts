import { setTimeout as realTime } from 'node:timers/promises';
import type { VirtualClock } from '#sqs-local';
import type { TaskRequest, WorkerEvent, WorkerEvents } from '#worker';

/** Events that end a run. */
const ENDS = [
  'succeeded',
  'failed',
  'retried',
  'revoked',
  'ignored',
  'rejected',
  'replaced',
  'leaseLost',
] as const satisfies readonly WorkerEvent[];

/**
 * Keeps the clock from moving while handlers run: what they await beside it (a database, a file) takes real time. A handler that
 * waits for the clock itself would wait for ever, so the patience with each run ends.
 */
export class RunningHandlers {
  /** By delivery, as not every event has a request. */
  readonly #ends = new Map<object, () => void>();

  /** @param patienceMs real milliseconds for each run */
  constructor(
    private readonly clock: VirtualClock,
    private readonly patienceMs: number,
  ) {}

  watch(events: WorkerEvents): void {
    events.on('started', ({ request }) => this.#begin(request));
    for (const event of ENDS) events.on(event, ({ request }) => this.#end(request.received.delivery));
    events.on('settleFailed', ({ delivery }) => this.#end(delivery));
  }

  /** Nothing is waited for any more. */
  close(): void {
    for (const delivery of this.#ends.keys()) this.#end(delivery);
  }

  /** Resolves when `work` has ended, or the patience with it. */
  async patiently(work: Promise<unknown>): Promise<void> {
    const ended = new AbortController();
    const patience = realTime(this.patienceMs, undefined, { signal: ended.signal }).catch(() => undefined);
    await Promise.race([work, patience]).finally(() => ended.abort());
  }

  #begin({ task, received: { delivery } }: TaskRequest): void {
    const rest = this.clock.begin(`task ${task}`);
    // Real time, as nothing else passes while the clock stands still.
    const timer = setTimeout(rest, this.patienceMs);
    this.#ends.set(delivery, () => {
      clearTimeout(timer);
      rest();
    });
  }

  #end(delivery: object): void {
    this.#ends.get(delivery)?.();
    this.#ends.delete(delivery);
  }
}

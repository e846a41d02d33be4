import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Clock, Timer } from '#celery';
import { CLOCK } from '../tokens.js';

/** `createApplicationContext` starts the worker before `enableShutdownHooks` can be called: it gets this long. */
const PATIENCE_MS = 1000;

/** Warns when nothing listens for the signals that end the process: running tasks would be cut off. */
@Injectable()
export class ShutdownHooks {
  readonly #log = new Logger('celery.apps.worker');
  #timer: Timer | undefined;

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** Looks once, a moment from now. */
  watch(): void {
    this.#timer = this.clock.setTimeout(() => this.#look(), PATIENCE_MS);
  }

  end(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    if (process.listenerCount('SIGTERM') > 0 || process.listenerCount('SIGINT') > 0) return;
    this.#log.warn(
      'Nothing listens for SIGTERM: running tasks are cut off when the process is stopped, and their messages come back only ' +
        'when their leases end. Call app.enableShutdownHooks(), or await app.close() yourself.',
    );
  }
}

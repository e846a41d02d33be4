import type { LocalSqsOptions, VirtualClockOptions } from '#sqs-local';

/** Options of {@link SqsCeleryTesting.start}. */
export interface SqsCeleryTestingOptions extends Omit<LocalSqsOptions, 'clock' | 'port'>, VirtualClockOptions {
  /**
   * Real milliseconds for which the clock stands still for a handler that runs, as what it awaits (a database) takes real time.
   * Afterwards time moves on under it, as for a handler that waits for the clock. Default: 500.
   */
  readonly handlerPatienceMs?: number;
}

/** Options of {@link SqsCeleryTesting.attach}. */
export interface AttachOptions {
  /**
   * Where results, attempts and revocations are kept of which the application's options say where: in memory, which attached
   * applications share, or there. Default: `memory`.
   */
  readonly stores?: 'memory' | 'own';
  /**
   * Celery's `task_always_eager`: tasks that the application has are run by `send` and `delay`, at once and without SQS, retries and
   * workflows included; the `AsyncResult` they give has the result. Default: false.
   */
  readonly taskAlwaysEager?: boolean;
  /** Celery's `task_eager_propagates`: `send` rejects with the error of an eager task that fails. Default: false. */
  readonly taskEagerPropagates?: boolean;
}

/** Options of {@link SqsCeleryTesting.drainAll}. */
export interface DrainOptions {
  /** Whether time is let pass for what waits: delays, ETAs, retries. Default: false. */
  readonly delayed?: boolean;
  /** Milliseconds of virtual time that may pass. Default: one day. */
  readonly maxMs?: number;
}

/** As much of the `TestingModuleBuilder` of `@nestjs/testing` as is needed. */
export interface TestingBuilder {
  overrideProvider(token: unknown): { useValue(value: unknown): unknown };
}

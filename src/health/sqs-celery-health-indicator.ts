import { Injectable } from '@nestjs/common';
import type { HealthDetails, HealthProbe, HealthReport } from './health-report.js';
import { SqsCeleryHealth } from './sqs-celery-health.js';

/** What `@nestjs/terminus` takes for the result of an indicator. */
type IndicatorResult<Key extends string> = Record<Key, { readonly status: HealthReport['status'] } & HealthDetails>;

/**
 * {@link SqsCeleryHealth} for the `HealthCheckService` of `@nestjs/terminus`:
 *
 * ```ts
 * this.health.check([() => this.sqs.readiness('celery')]);
 * ```
 */
@Injectable()
export class SqsCeleryHealthIndicator {
  constructor(private readonly health: SqsCeleryHealth) {}

  /** Whether it does its work at present. @param key names it in the answer */
  readiness<const Key extends string>(key: Key): IndicatorResult<Key> {
    return this.#result(key, 'readiness');
  }

  /** Whether a restart would help. @param key names it in the answer */
  liveness<const Key extends string>(key: Key): IndicatorResult<Key> {
    return this.#result(key, 'liveness');
  }

  #result<Key extends string>(key: Key, probe: HealthProbe): IndicatorResult<Key> {
    const { status, details } = this.health.check(probe);
    return { [key]: { status, ...details } } as IndicatorResult<Key>;
  }
}

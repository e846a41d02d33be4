import { Injectable, Logger } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { enhancerName } from '../tasks/enhancer-name.js';
import type { ProviderWrapper } from '../tasks/handler-explorer.js';

/** Tells which global enhancers of an application that serves HTTP as well will run for tasks. */
@Injectable()
export class GlobalEnhancers {
  readonly #log = new Logger('celery.apps.worker');

  constructor(
    private readonly config: ApplicationConfig,
    private readonly http: HttpAdapterHost,
  ) {}

  report(): void {
    // The host is there in every application, its adapter only in those that serve HTTP.
    if (!this.http?.httpAdapter) return;
    const { guards, ...others } = this.#names();
    const kinds = Object.entries({ guards, ...others }).filter(([, names]) => names.length > 0);
    if (kinds.length === 0) return;
    const list = kinds.map(([kind, names]) => `${kind} ${names.join(', ')}`).join('; ');
    this.#log.log(`Global enhancers run for tasks as well: ${list}.`);
    if (guards.length > 0) this.#log.warn(guardWarning(guards));
  }

  #names(): Record<'guards' | 'interceptors' | 'pipes' | 'filters', string[]> {
    const { config } = this;
    return {
      guards: namesOf(config.getGlobalGuards(), config.getGlobalRequestGuards()),
      interceptors: namesOf(config.getGlobalInterceptors(), config.getGlobalRequestInterceptors()),
      pipes: namesOf(config.getGlobalPipes(), config.getGlobalRequestPipes()),
      filters: namesOf(config.getGlobalFilters(), config.getGlobalRequestFilters()),
    };
  }
}

function namesOf(instances: readonly object[], wrappers: readonly ProviderWrapper[]): string[] {
  return [...instances.map((instance) => instance.constructor.name), ...wrappers.map(enhancerName)];
}

function guardWarning(guards: readonly string[]): string {
  return (
    `Global guards run for tasks as well: ${guards.join(', ')}. A guard that expects an HTTP request fails every task: ` +
    `let it pass where context.getType() is 'celery'; TaskRequest.from(context) is then the task.`
  );
}

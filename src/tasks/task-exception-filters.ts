import { Injectable, Logger } from '@nestjs/common';
import { ApplicationConfig, ExternalContextCreator, type ContextId } from '@nestjs/core';
import { isObservable, lastValueFrom } from 'rxjs';
import { reprOfError } from '#worker';
import { makerOf } from './enhancer-name.js';
import { httpMessageOf } from './http-message.js';
import { taskMetadata } from './task-metadata.accessor.js';

/** The handler whose failure is offered, as it was called. */
export interface FilterHost {
  readonly instance: object;
  readonly method: string;
  readonly contextId?: ContextId;
  readonly inquirerId?: string;
}

/** What the filters made of a failure. */
export type Filtered =
  | { readonly kind: 'left' }
  | { readonly kind: 'replaced'; readonly error: unknown }
  | { readonly kind: 'result'; readonly value: unknown };

const LEFT: Filtered = { kind: 'left' };

/**
 * Offers failures to Nest's exception filters once the outcome is known. Run around the handler, as Nest does by itself, a
 * global asynchronous catch-all would turn failures, and even retries, into success.
 */
@Injectable()
export class TaskExceptionFilters {
  private readonly log = new Logger('celery.app.trace');

  constructor(
    private readonly creator: ExternalContextCreator,
    private readonly config: ApplicationConfig,
  ) {}

  /**
   * A filter that returns nothing leaves the failure, one that throws replaces it, a value becomes the result.
   * @param request the argument of filters: the task, or the message
   * @param title names it in the log
   */
  async offer(error: unknown, host: FilterHost, request: object, title: string): Promise<Filtered> {
    if (!this.isCaught(error, host)) return LEFT;
    try {
      const answer: unknown = await this.filter(error, host)(request);
      const value = isObservable(answer) ? await lastValueFrom(answer, { defaultValue: undefined }) : answer;
      return value === undefined ? LEFT : { kind: 'result', value };
    } catch (thrown) {
      if (thrown === error) return LEFT;
      this.logReplaced(error, thrown, title);
      return { kind: 'replaced', error: thrown };
    }
  }

  /** A filter for HTTP that fails for want of a response must not hide what the handler failed with. */
  private logReplaced(error: unknown, thrown: unknown, title: string): void {
    const [original, replacement] = [reprOfError(error, httpMessageOf), reprOfError(thrown, httpMessageOf)];
    this.log.error(
      `${title} raised ${original}; an exception filter threw ${replacement} instead`,
      error instanceof Error ? error.stack : undefined,
    );
  }

  /** Without a filter for it, Nest would log the failure, which the worker logs already. */
  private isCaught(error: unknown, host: FilterHost): boolean {
    const filters = [
      ...this.config.getGlobalFilters(),
      ...this.config
        .getGlobalRequestFilters()
        .map(makerOf)
        .filter((maker) => typeof maker === 'function'),
      ...taskMetadata.filters(host.instance.constructor),
      ...taskMetadata.filters(methodOf(host)),
    ];
    return filters.some((filter) => {
      const classes = taskMetadata.catches(filter);
      return classes.length === 0 || classes.some((errorClass) => error instanceof errorClass);
    });
  }

  private filter(error: unknown, host: FilterHost): (request: object) => Promise<unknown> {
    const rethrow = (): never => {
      throw error;
    };
    taskMetadata.setFilters(rethrow, taskMetadata.filters(methodOf(host)));
    const { instance, method, contextId, inquirerId } = host;
    const options = { guards: false, interceptors: false, filters: true };
    return this.creator.create(
      instance,
      rethrow,
      method,
      undefined,
      undefined,
      contextId,
      inquirerId,
      options,
      'celery',
    );
  }
}

function methodOf({ instance, method }: FilterHost): () => unknown {
  return Reflect.get(instance, method);
}

import { Injectable } from '@nestjs/common';
import { ApplicationConfig, ExternalContextCreator, type ContextId } from '@nestjs/core';
import { isObservable, lastValueFrom } from 'rxjs';
import type { TaskRequest } from '#worker';
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
  constructor(
    private readonly creator: ExternalContextCreator,
    private readonly config: ApplicationConfig,
  ) {}

  /** A filter that returns nothing leaves the failure, one that throws replaces it, a value becomes the result. */
  async offer(error: unknown, host: FilterHost, request: TaskRequest): Promise<Filtered> {
    if (!this.isCaught(error, host)) return LEFT;
    try {
      const answer: unknown = await this.filter(error, host)(request);
      const value = isObservable(answer) ? await lastValueFrom(answer, { defaultValue: undefined }) : answer;
      return value === undefined ? LEFT : { kind: 'result', value };
    } catch (thrown) {
      return thrown === error ? LEFT : { kind: 'replaced', error: thrown };
    }
  }

  /** Without a filter for it, Nest would log the failure, which the worker logs already. */
  private isCaught(error: unknown, host: FilterHost): boolean {
    const filters = [
      ...this.config.getGlobalFilters(),
      ...this.config.getGlobalRequestFilters().flatMap(({ metatype }) => metatype ?? []),
      ...taskMetadata.filters(host.instance.constructor),
      ...taskMetadata.filters(methodOf(host)),
    ];
    return filters.some((filter) => {
      const classes = taskMetadata.catches(filter);
      return classes.length === 0 || classes.some((errorClass) => error instanceof errorClass);
    });
  }

  private filter(error: unknown, host: FilterHost): (request: TaskRequest) => Promise<unknown> {
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

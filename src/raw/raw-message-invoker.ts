import { Injectable } from '@nestjs/common';
import { ExternalContextCreator, type ParamsFactory } from '@nestjs/core';
import { TaskPredicate, UnrecoverableError } from '#celery';
import { RawMessageRequest, type RawHandler } from '#worker';
import { HandlerPipelines, unrecoverable, type Pipeline } from '../tasks/handler-pipelines.js';
import { TaskExceptionFilters } from '../tasks/task-exception-filters.js';
import type { RawMessageMethod } from './raw-message-explorer.js';

/** Gives Nest the payload for the one parameter without a decorator. */
const PAYLOAD: ParamsFactory = {
  exchangeKeyForValue: (_type: number, _data: unknown, [request]: readonly unknown[]): unknown =>
    request instanceof RawMessageRequest ? request.payload : undefined,
};

/** Runs handlers of messages through Nest's guards, interceptors and pipes, and offers their failures to its exception filters. */
@Injectable()
export class RawMessageInvoker {
  readonly #pipelines: HandlerPipelines<RawMessageRequest>;

  constructor(
    creator: ExternalContextCreator,
    private readonly filters: TaskExceptionFilters,
  ) {
    this.#pipelines = new HandlerPipelines(creator, PAYLOAD);
  }

  /** The function that runs one `@RawMessage` method. */
  runner(method: RawMessageMethod): RawHandler {
    const pipelineFor = this.#pipelines.of(method);
    return async (request) => {
      const pipeline = await pipelineFor(request);
      try {
        return await pipeline.run(request);
      } catch (error) {
        return this.#afterFailure(error, pipeline, request);
      }
    };
  }

  async #afterFailure(
    thrown: unknown,
    pipeline: Pipeline<RawMessageRequest>,
    request: RawMessageRequest,
  ): Promise<unknown> {
    const error = this.#pipelines.reasonOf(thrown, request);
    if (error instanceof TaskPredicate) throw error;
    const isFinal = error instanceof UnrecoverableError;
    const title = `Raw message ${request.messageId} of queue ${request.queue}`;
    const filtered = await this.filters.offer(isFinal ? (error.cause ?? error) : error, pipeline, request, title);
    if (filtered.kind === 'result') return filtered.value;
    if (filtered.kind === 'left') throw error;
    // A filter that fails must not have a message received again for which there is no hope.
    throw isFinal ? unrecoverable(filtered.error) : filtered.error;
  }
}

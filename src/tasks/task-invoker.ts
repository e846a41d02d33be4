import { Injectable, Logger } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { UnrecoverableError } from '#celery';
import { ReplacedFailure, failureOf, reprOfError, type ResolvedTaskOptions, type TaskRequest } from '#worker';
import { runAround, type AroundTask } from './around-task.js';
import { HandlerPipelines, unrecoverable, type Pipeline } from './handler-pipelines.js';
import { httpMessageOf } from './http-message.js';
import { TaskArguments, argumentPlan, type ArgumentPlan } from './task-arguments.js';
import { TaskExceptionFilters } from './task-exception-filters.js';
import type { TaskMethod } from './task-explorer.js';
import type { TaskMetadata } from './task-metadata.js';

/** Runs handlers through Nest's guards, interceptors and pipes, and offers their failures to its exception filters. */
@Injectable()
export class TaskInvoker {
  readonly #log = new Logger('celery.app.trace');
  readonly #arguments = new TaskArguments();
  readonly #pipelines: HandlerPipelines<TaskRequest>;

  constructor(
    creator: ExternalContextCreator,
    private readonly filters: TaskExceptionFilters,
  ) {
    this.#pipelines = new HandlerPipelines(creator, this.#arguments);
  }

  /**
   * The function that runs one `@Task`; everything that does not depend on the message is worked out here.
   * @param around what the application runs around each task. Default: nothing
   */
  runner(
    taskMethod: TaskMethod,
    task: TaskMetadata,
    options: ResolvedTaskOptions,
    around?: AroundTask,
  ): (request: TaskRequest) => Promise<unknown> {
    const run = this.#pipelineRunner(taskMethod, task, options);
    if (!around) return run;
    return (request) =>
      runAround(
        around,
        request,
        () => run(request),
        (own, ofTask) => this.#logConcealed(own, ofTask, request),
      );
  }

  #pipelineRunner(
    taskMethod: TaskMethod,
    task: TaskMetadata,
    options: ResolvedTaskOptions,
  ): (request: TaskRequest) => Promise<unknown> {
    const plan = argumentPlan(taskMethod, task);
    const pipelineFor = this.#pipelines.of(taskMethod);
    return async (request) => {
      const made = pipelineFor(request);
      const pipeline = made instanceof Promise ? await made : made;
      try {
        this.#bind(plan, request);
        return await pipeline.run(request);
      } catch (error) {
        return this.#afterFailure(error, pipeline, request, options);
      }
    };
  }

  /** The task's own error says how it ended; whoever wrote `around` must hear of the other. */
  #logConcealed(own: unknown, ofTask: unknown, request: TaskRequest): void {
    const [shown, counting] = [reprOfError(own, httpMessageOf), reprOfError(ofTask, httpMessageOf)];
    this.#log.error(
      `${titleOf(request)}: 'around' threw ${shown} after the task had raised ${counting}, which is what counts`,
      own instanceof Error ? own.stack : undefined,
    );
  }

  #bind(plan: ArgumentPlan, request: TaskRequest): void {
    try {
      this.#arguments.bind(plan, request);
    } catch (cause) {
      throw unrecoverable(cause);
    }
  }

  async #afterFailure(
    thrown: unknown,
    pipeline: Pipeline<TaskRequest>,
    request: TaskRequest,
    options: ResolvedTaskOptions,
  ): Promise<unknown> {
    const error = this.#pipelines.reasonOf(thrown, request);
    const failure = failureOf(error, request, options);
    if (!failure) throw error;
    const filtered = await this.filters.offer(failure.error, pipeline, request, titleOf(request));
    if (filtered.kind === 'result') return filtered.value;
    // What replaces a failure is one: it is not matched against autoretryFor again.
    if (filtered.kind === 'left') throw error;
    const final = unrecoverable(filtered.error);
    throw final instanceof UnrecoverableError ? new ReplacedFailure(final.cause ?? final, failure.exhausted) : final;
  }
}

function titleOf({ task, id }: TaskRequest): string {
  return `Task ${task}[${id}]`;
}

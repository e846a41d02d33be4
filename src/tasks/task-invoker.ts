import { Injectable } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/internal';
import { ContextIdFactory, ExternalContextCreator, ModuleRef } from '@nestjs/core';
import { TaskPredicate, UnrecoverableError } from '#celery';
import { failureOf, type ResolvedTaskOptions, type TaskRequest } from '#worker';
import { PermanentFailures } from './permanent-failures.js';
import { TaskArguments, argumentPlan, type ArgumentPlan } from './task-arguments.js';
import { TaskExceptionFilters, type FilterHost } from './task-exception-filters.js';
import type { ProviderWrapper, TaskMethod } from './task-explorer.js';
import type { TaskMetadata } from './task-metadata.js';

/** A handler inside Nest's pipeline. */
interface Pipeline extends FilterHost {
  run(request: TaskRequest): Promise<unknown>;
}

const PIPELINE_OPTIONS = { guards: true, interceptors: true, filters: false };

/** Runs handlers through Nest's guards, interceptors and pipes, and offers their failures to its exception filters. */
@Injectable()
export class TaskInvoker {
  readonly #arguments = new TaskArguments();
  readonly #permanent = new PermanentFailures();
  readonly #creator: ExternalContextCreator;

  constructor(
    creator: ExternalContextCreator,
    private readonly filters: TaskExceptionFilters,
  ) {
    this.#creator = this.#permanent.watch(creator);
  }

  /** The function that runs one `@Task`; everything that does not depend on the message is worked out here. */
  runner(
    taskMethod: TaskMethod,
    task: TaskMetadata,
    options: ResolvedTaskOptions,
  ): (request: TaskRequest) => Promise<unknown> {
    const plan = argumentPlan(taskMethod, task);
    const pipelineFor = this.#pipelines(taskMethod);
    return async (request) => {
      const pipeline = await pipelineFor(request);
      try {
        this.#bind(plan, request);
        return await pipeline.run(request);
      } catch (error) {
        return this.#afterFailure(error, pipeline, request, options);
      }
    };
  }

  /** One pipeline for all tasks where the provider is a singleton, one for each task where it is not. */
  #pipelines({ wrapper, method }: TaskMethod): (request: TaskRequest) => Pipeline | Promise<Pipeline> {
    if (wrapper.isDependencyTreeStatic() && !wrapper.isTransient) {
      const pipeline = this.#pipeline({ instance: wrapper.instance, method });
      return () => pipeline;
    }
    return async (request) => this.#pipeline({ ...(await contextualHost(wrapper, request)), method });
  }

  #pipeline(host: FilterHost): Pipeline {
    const { instance, method, contextId, inquirerId } = host;
    const run = this.#creator.create(
      instance,
      Reflect.get(instance, method),
      method,
      ROUTE_ARGS_METADATA,
      this.#arguments,
      contextId,
      inquirerId,
      PIPELINE_OPTIONS,
      'celery',
    );
    return { ...host, run };
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
    pipeline: Pipeline,
    request: TaskRequest,
    options: ResolvedTaskOptions,
  ): Promise<unknown> {
    const error = this.#permanent.has(request, thrown) ? unrecoverable(thrown) : thrown;
    const failure = failureOf(error, request, options);
    if (!failure) throw error;
    const filtered = await this.filters.offer(failure.error, pipeline, request);
    if (filtered.kind === 'result') return filtered.value;
    // What replaces a failure is one: it is not matched against autoretryFor again.
    throw filtered.kind === 'left' ? error : unrecoverable(filtered.error);
  }
}

/** Control flow stays what it is, wherever it was thrown. */
function unrecoverable(cause: unknown): unknown {
  if (cause instanceof TaskPredicate || cause instanceof UnrecoverableError) return cause;
  return new UnrecoverableError(cause instanceof Error ? cause.message : String(cause), { cause });
}

async function contextualHost(wrapper: ProviderWrapper, request: TaskRequest): Promise<Omit<FilterHost, 'method'>> {
  const contextId = ContextIdFactory.getByRequest(request);
  // The provider's own module knows which one is meant where several have the token.
  const moduleRef = wrapper.host?.getProviderByKey(ModuleRef).instance;
  if (!moduleRef) throw new Error(`Provider ${String(wrapper.name)} belongs to no module.`);
  moduleRef.registerRequestByContextId(wrapper.isDependencyTreeDurable() ? contextId.payload : request, contextId);
  const instance: object = await moduleRef.resolve(wrapper.token, contextId, { strict: true });
  return { instance, contextId, inquirerId: wrapper.id };
}

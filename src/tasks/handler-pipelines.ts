import { ROUTE_ARGS_METADATA } from '@nestjs/common/internal';
import {
  ContextIdFactory,
  ModuleRef,
  type ContextId,
  type ExternalContextCreator,
  type ParamsFactory,
} from '@nestjs/core';
import { REQUEST_CONTEXT_ID } from '@nestjs/core/internal';
import { TaskPredicate, UnrecoverableError } from '#celery';
import type { HandlerMethod, ProviderWrapper } from './handler-explorer.js';
import { withLastValue } from './last-value.js';
import { PermanentFailures } from './permanent-failures.js';
import type { FilterHost } from './task-exception-filters.js';

/** A handler inside Nest's pipeline. */
export interface Pipeline<Request> extends FilterHost {
  run(request: Request): Promise<unknown>;
}

const PIPELINE_OPTIONS = { guards: true, interceptors: true, filters: false };

/** Puts handlers inside Nest's guards, interceptors and pipes. `Request` is what they are called for: a task, a message. */
export class HandlerPipelines<Request extends object> {
  readonly #permanent = new PermanentFailures();
  readonly #creator: ExternalContextCreator;

  /** @param values gives Nest the value of each parameter */
  constructor(
    creator: ExternalContextCreator,
    private readonly values: ParamsFactory,
  ) {
    this.#creator = this.#permanent.watch(withLastValue(creator));
  }

  /** One pipeline for all requests where the provider is a singleton, one for each request where it is not. */
  of({
    wrapper,
    prototype,
    method,
  }: Pick<HandlerMethod, 'wrapper' | 'prototype' | 'method'>): (
    request: Request,
  ) => Pipeline<Request> | Promise<Pipeline<Request>> {
    if (wrapper.isDependencyTreeStatic() && !wrapper.isTransient) {
      const pipeline = this.#pipeline({ instance: wrapper.instance, method });
      return () => pipeline;
    }
    return async (request) => {
      try {
        return this.#pipeline({ ...(await contextualHost(wrapper, request)), method });
      } catch (error) {
        return failed({ instance: prototype, method }, error);
      }
    };
  }

  /** What a request threw; an `UnrecoverableError` where it came from a guard, a parameter decorator or a pipe. */
  reasonOf(thrown: unknown, request: Request): unknown {
    return this.#permanent.has(request, thrown) ? unrecoverable(thrown) : thrown;
  }

  #pipeline(host: FilterHost): Pipeline<Request> {
    const { instance, method, contextId, inquirerId } = host;
    const run = this.#creator.create(
      instance,
      Reflect.get(instance, method),
      method,
      ROUTE_ARGS_METADATA,
      this.values,
      contextId,
      inquirerId,
      PIPELINE_OPTIONS,
      'celery',
    );
    return { ...host, run };
  }
}

/** Control flow stays what it is, wherever it was thrown. */
export function unrecoverable(cause: unknown): unknown {
  if (cause instanceof TaskPredicate || cause instanceof UnrecoverableError) return cause;
  return new UnrecoverableError(cause instanceof Error ? cause.message : String(cause), { cause });
}

async function contextualHost(wrapper: ProviderWrapper, request: object): Promise<Omit<FilterHost, 'method'>> {
  const contextId = contextOf(request);
  // The provider's own module knows which one is meant where several have the token.
  const moduleRef = wrapper.host?.getProviderByKey(ModuleRef).instance;
  if (!moduleRef) throw new Error(`Provider ${String(wrapper.name)} belongs to no module.`);
  moduleRef.registerRequestByContextId(wrapper.isDependencyTreeDurable() ? contextId.payload : request, contextId);
  const instance: object = await moduleRef.resolve(wrapper.token, contextId, { strict: true });
  return { instance, contextId, inquirerId: wrapper.id };
}

/**
 * Fails when it is run: a handler that cannot be made is a failure that filters see, as in Nest those that are no providers of request
 * scope themselves.
 *
 * @param host with the prototype in place of the instance
 */
function failed<Request>(host: FilterHost, error: unknown): Pipeline<Request> {
  return { ...host, run: () => Promise.reject(error) };
}

/** Whoever asks Nest for the context of the request again gets this one, and with it the same instances. */
function contextOf(request: object): ContextId {
  const contextId = ContextIdFactory.getByRequest(request);
  Object.defineProperty(request, REQUEST_CONTEXT_ID, { value: contextId, configurable: true });
  return contextId;
}

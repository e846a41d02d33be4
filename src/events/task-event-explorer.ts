import { Injectable } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { SqsConnection } from '../sqs-connection.js';
import { HandlerExplorer, type HandlerMethod } from '../tasks/handler-explorer.js';
import { taskMetadata } from '../tasks/task-metadata.accessor.js';
import type { ListenerMetadata } from '../tasks/task-metadata.js';
import type { TaskEvent } from './task-event-map.js';

/** A method with `@OnTaskEvent`, and the provider it belongs to. */
export interface ListenerMethod extends HandlerMethod {
  readonly listeners: readonly ListenerMetadata[];
}

/** What was found in the application. */
export interface ListenerExploration {
  /** Each method of each class once. */
  readonly methods: readonly ListenerMethod[];
  /** Methods of controllers. */
  readonly onControllers: readonly ListenerMethod[];
  /** What looks like a mistake, one sentence each. */
  readonly warnings: readonly string[];
}

/** Finds the `@OnTaskEvent` methods of the application; lazily loaded modules are not there yet and are not seen. */
@Injectable()
export class TaskEventExplorer {
  readonly #handlers: HandlerExplorer;

  constructor(discovery: DiscoveryService, scanner: MetadataScanner, config: ApplicationConfig) {
    this.#handlers = new HandlerExplorer(discovery, scanner, config);
  }

  explore(): ListenerExploration {
    const listens = (prototype: object, method: string): boolean =>
      taskMetadata.listeners(prototype, method).length > 0;
    const { methods, onControllers, repeated } = this.#handlers.explore(listens);
    return {
      methods: methods.map(withListeners),
      onControllers: onControllers.map(withListeners),
      warnings: repeated.map(
        ({ title, modules }) =>
          `@OnTaskEvent on ${title}: ${modules.join(', ')} has another instance of the class, which will be told of nothing`,
      ),
    };
  }
}

/** Registers what of a connection has no problems. */
export function listen({ methods }: Pick<ListenerExploration, 'methods'>, { name, taskEvents }: SqsConnection): void {
  for (const { wrapper, method, listeners } of methods) {
    for (const { event, task, connection } of listeners) {
      if (connection !== name) continue;
      const listener = (payload: unknown): unknown => {
        const instance: object = wrapper.instance;
        return Reflect.apply(Reflect.get(instance, method), instance, [payload]);
      };
      taskEvents.on(event as TaskEvent, listener, { ...(task !== undefined && { task }) });
    }
  }
}

function withListeners(method: HandlerMethod): ListenerMethod {
  return { ...method, listeners: taskMetadata.listeners(method.prototype, method.method) };
}

import { Injectable } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { HandlerExplorer, type HandlerMethod } from './handler-explorer.js';
import { taskMetadata } from './task-metadata.accessor.js';
import type { TaskMetadata } from './task-metadata.js';

/** A method with `@Task`, and the provider it belongs to. */
export interface TaskMethod extends HandlerMethod {
  readonly tasks: readonly TaskMetadata[];
}

/** What was found in the application. */
export interface Exploration {
  /** Each method of each class once. */
  readonly methods: readonly TaskMethod[];
  /** Methods of controllers, where tasks cannot run. */
  readonly onControllers: readonly TaskMethod[];
  /** What looks like a mistake, one sentence each. */
  readonly warnings: readonly string[];
}

/** Finds the `@Task` methods of the application; lazily loaded modules are not there yet and are not seen. */
@Injectable()
export class TaskExplorer {
  readonly #handlers: HandlerExplorer;

  constructor(discovery: DiscoveryService, scanner: MetadataScanner, config: ApplicationConfig) {
    this.#handlers = new HandlerExplorer(discovery, scanner, config);
  }

  explore(): Exploration {
    const isTask = (prototype: object, method: string): boolean => taskMetadata.tasks(prototype, method).length > 0;
    const { methods, onControllers, repeated } = this.#handlers.explore(isTask);
    return {
      methods: methods.map(withTasks),
      onControllers: onControllers.map(withTasks),
      warnings: repeated.map(
        ({ title, modules }) =>
          `@Task on ${title}: ${modules.join(', ')} has another instance of the class, which will run no tasks`,
      ),
    };
  }
}

function withTasks(method: HandlerMethod): TaskMethod {
  return { ...method, tasks: taskMetadata.tasks(method.prototype, method.method) };
}

/** One `@Task` of a method. */
export interface DecoratedTask {
  readonly method: TaskMethod;
  readonly task: TaskMetadata;
}

/** The tasks of one connection. */
export function tasksOf(methods: readonly TaskMethod[], connection: unknown): DecoratedTask[] {
  return methods.flatMap((method) =>
    method.tasks.filter((task) => task.connection === connection).map((task) => ({ method, task })),
  );
}

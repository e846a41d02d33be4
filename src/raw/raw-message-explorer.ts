import { Injectable } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { HandlerExplorer, type HandlerMethod } from '../tasks/handler-explorer.js';
import { taskMetadata } from '../tasks/task-metadata.accessor.js';
import type { RawMessageMetadata } from '../tasks/task-metadata.js';

/** A method with `@RawMessage`, and the provider it belongs to. */
export interface RawMessageMethod extends HandlerMethod {
  readonly rawMessages: readonly RawMessageMetadata[];
}

/** What was found in the application. */
export interface RawMessageExploration {
  /** Each method of each class once. */
  readonly methods: readonly RawMessageMethod[];
  /** Methods of controllers, where messages cannot be handled. */
  readonly onControllers: readonly RawMessageMethod[];
  /** What looks like a mistake, one sentence each. */
  readonly warnings: readonly string[];
}

/** Finds the `@RawMessage` methods of the application; lazily loaded modules are not there yet and are not seen. */
@Injectable()
export class RawMessageExplorer {
  readonly #handlers: HandlerExplorer;

  constructor(discovery: DiscoveryService, scanner: MetadataScanner, config: ApplicationConfig) {
    this.#handlers = new HandlerExplorer(discovery, scanner, config);
  }

  explore(): RawMessageExploration {
    const isRaw = (prototype: object, method: string): boolean =>
      taskMetadata.rawMessages(prototype, method).length > 0;
    const { methods, onControllers, repeated } = this.#handlers.explore(isRaw);
    return {
      methods: methods.map(withRawMessages),
      onControllers: onControllers.map(withRawMessages),
      warnings: repeated.map(
        ({ title, modules }) =>
          `@RawMessage on ${title}: ${modules.join(', ')} has another instance of the class, which will handle nothing`,
      ),
    };
  }
}

/** The queues of one connection that a method handles, each once. */
export function queuesOf({ rawMessages }: Pick<RawMessageMethod, 'rawMessages'>, connection: unknown): unknown[] {
  const ofConnection = rawMessages.filter((rawMessage) => rawMessage.connection === connection);
  return [...new Set(ofConnection.flatMap(({ queues }) => queues))];
}

function withRawMessages(method: HandlerMethod): RawMessageMethod {
  return { ...method, rawMessages: taskMetadata.rawMessages(method.prototype, method.method) };
}

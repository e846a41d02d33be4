import { Injectable } from '@nestjs/common';
import type { RawHandlers } from '#worker';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { SqsConnection } from '../sqs-connection.js';
import { rawHandlerWarnings, unhandledWarnings } from './raw-handler-problems.js';
import { RawMessageExplorer, queuesOf, type RawMessageExploration } from './raw-message-explorer.js';
import { RawMessageInvoker } from './raw-message-invoker.js';

/** Finds the `@RawMessage` methods when the application starts, and makes them the handlers of their queues. */
@Injectable()
export class RawMessageRegistrar {
  constructor(
    private readonly explorer: RawMessageExplorer,
    private readonly invoker: RawMessageInvoker,
  ) {}

  explore(): RawMessageExploration {
    return this.explorer.explore();
  }

  /** Registers what of a connection has no problems; answers what may surprise, one sentence each. */
  register(
    { methods }: RawMessageExploration,
    { name, rawHandlers, registry }: SqsConnection,
    { queues, worker }: ResolvedOptions,
  ): string[] {
    for (const method of methods) {
      const handled = queuesOf(method, name);
      if (handled.length === 0) continue;
      const handler = this.invoker.runner(method);
      for (const queue of handled) rawHandlers.add(String(queue), handler);
    }
    if (worker === false) return [];
    const consumed = queues.filter(({ consume }) => consume).map((queue) => queue.name);
    return [
      ...rawHandlerWarnings(methods, name, new Set(consumed)),
      ...(registry.names().length > 0 ? [] : unhandledWarnings(consumed, rawHandlers)),
    ];
  }
}

/**
 * Without tasks, only the queues of `@RawMessage` methods are consumed: on any other, an application that merely sends tasks
 * would take them from the workers they are meant for, and hand them back.
 */
export function withoutOtherQueues(options: ResolvedOptions, handlers: RawHandlers): ResolvedOptions {
  const queues = options.queues.map((queue) => ({
    ...queue,
    consume: queue.consume && handlers.get(queue.name) !== undefined,
  }));
  return { ...options, queues };
}

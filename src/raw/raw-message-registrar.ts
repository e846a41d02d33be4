import { Injectable } from '@nestjs/common';
import { RawHandlers } from '#worker';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { rawHandlerWarnings } from './raw-handler-problems.js';
import { RawMessageExplorer, queuesOf, type RawMessageExploration } from './raw-message-explorer.js';
import { RawMessageInvoker } from './raw-message-invoker.js';

/** Finds the `@RawMessage` methods when the application starts, and makes them the handlers of their queues. */
@Injectable()
export class RawMessageRegistrar {
  constructor(
    private readonly explorer: RawMessageExplorer,
    private readonly invoker: RawMessageInvoker,
    private readonly handlers: RawHandlers,
  ) {}

  explore(): RawMessageExploration {
    return this.explorer.explore();
  }

  /** Registers what has no problems; answers what may surprise, one sentence each. */
  register({ methods, warnings }: RawMessageExploration, { queues, worker }: ResolvedOptions): string[] {
    for (const method of methods) {
      const handler = this.invoker.runner(method);
      for (const queue of queuesOf(method)) this.handlers.add(String(queue), handler);
    }
    const consumed = new Set(queues.filter(({ consume }) => consume).map(({ name }) => name));
    return [...warnings, ...(worker === false ? [] : rawHandlerWarnings(methods, consumed))];
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

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { systemClock, type Clock, type Log } from '#celery/ports';

import type { TransportEvents } from '../events.js';
import type { ManagedQueue } from '../queue/managed-queue.js';
import type { LeaseKeeper } from './lease-keeper.js';
import { ThreadKeeper } from './thread/thread-keeper.js';

interface ChooseKeeperOptions {
  readonly queues: readonly ManagedQueue[];
  readonly mainLoop: LeaseKeeper;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: TransportEvents;
  /** The compiled entry of the thread; default: beside this file. */
  readonly entry?: URL | undefined;
}

/**
 * The keeper of all leases: a thread of its own, except for queues whose client cannot be made again there. On a clock
 * that is turned by hand, and where the thread's file is not compiled (tests that run the sources), it is the main loop.
 */
export function chooseKeeper(options: ChooseKeeperOptions): LeaseKeeper {
  const { clock, log, events, mainLoop } = options;
  const entry = options.entry ?? new URL('./thread/lease-thread.js', import.meta.url);
  const consumed = options.queues.filter((queue) => queue.options.consume);
  if (clock !== systemClock || consumed.length === 0) return mainLoop;
  if (!existsSync(fileURLToPath(entry))) {
    log.debug('Leases are kept by the event loop, as the lease thread is not compiled');
    return mainLoop;
  }
  const able = consumed.filter((queue) => mayCross(queue));
  for (const queue of consumed) if (!able.includes(queue)) warnMainLoop(queue, log);
  if (able.length === 0) return mainLoop;
  const queues = able.map(({ info, pooled }) => ({ name: info.name, url: info.url, client: pooled.client }));
  return new ThreadKeeper({ entry, queues, fallback: mainLoop, clock, log, events });
}

/** A client made elsewhere, or one with a request handler of its own, exists in this thread alone. */
function mayCross(queue: ManagedQueue): boolean {
  return queue.pooled.own && !queue.pooled.customHandler;
}

function warnMainLoop(queue: ManagedQueue, log: Log): void {
  log.warn(
    `Queue "${queue.info.name}": its client or request handler cannot be used by the lease thread, so the event loop keeps its leases. ` +
      'A handler that blocks the loop for most of a lease (30 s by default) loses its messages to other workers; ' +
      'pass the configuration of a client without a requestHandler instead.',
  );
}

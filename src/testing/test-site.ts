import type { Clock, MessageSender } from '#celery';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { SqsConnection } from '../sqs-connection.js';
import type { Site } from './attached-application.js';
import { EagerSender } from './eager/eager-sender.js';
import type { LocalEndpoints } from './local-endpoints.js';
import { localOptions } from './local-options.js';
import type { MemoryStores } from './memory-stores.js';
import type { RunningHandlers } from './running-handlers.js';
import { RecordingSender, type SentTasks } from './sent-tasks.js';
import type { TaskSpy } from './task-spy.js';
import type { AttachOptions } from './testing-options.js';
import type { VirtualTime } from './virtual-time.js';

/** What a {@link TestSite} is made of; all but the options is shared by the attached applications. */
export interface TestSiteParts {
  readonly options: AttachOptions;
  readonly clock: Clock;
  readonly time: VirtualTime;
  readonly running: RunningHandlers;
  readonly endpoints: LocalEndpoints;
  readonly stores: MemoryStores;
  readonly sent: SentTasks;
  readonly spy: TaskSpy;
  /** Those that are open. */
  readonly connections: Set<SqsConnection>;
}

/** Where an application under test lives. */
export class TestSite implements Site {
  constructor(private readonly parts: TestSiteParts) {}

  async open(given: ResolvedOptions, connection: SqsConnection): Promise<ResolvedOptions> {
    const { endpoints, running, spy, connections } = this.parts;
    const sqs = await endpoints.start(connection.name);
    running.watch(connection.events);
    spy.watch(connection.events);
    connections.add(connection);
    return this.#withStores(localOptions(given, sqs), connection.name);
  }

  sender(sender: MessageSender, connection: SqsConnection): MessageSender {
    const { options, sent, clock } = this.parts;
    const recording = new RecordingSender(sender, sent, connection);
    if (!options.taskAlwaysEager) return recording;
    const propagates = options.taskEagerPropagates ?? false;
    return new EagerSender({ connection, clock, sender: recording, queues: sender, sent, propagates });
  }

  advanceUntil(condition: () => boolean): Promise<unknown> {
    return this.parts.time.advanceUntil(condition, Infinity);
  }

  patiently(work: Promise<unknown>): Promise<void> {
    return this.parts.running.patiently(work);
  }

  close(closed: readonly SqsConnection[]): void {
    for (const connection of closed) this.parts.connections.delete(connection);
  }

  #withStores(options: ResolvedOptions, connection: string): ResolvedOptions {
    const { stores, options: attached } = this.parts;
    const kept = attached.stores === 'own' ? options : stores.inPlaceOf(options, connection);
    // An eager result is there, whoever keeps results elsewhere.
    return attached.taskAlwaysEager ? stores.withResults(kept, connection) : kept;
  }
}

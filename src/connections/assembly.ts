import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Clock } from '#celery';
import { resolveTaskOptions } from '#worker';
import { ConnectionsNotReadyError, InvalidConfigurationError } from '../errors.js';
import { listenerProblems } from '../events/listener-problems.js';
import { TaskEventExplorer, listen, type ListenerExploration } from '../events/task-event-explorer.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { rawHandlerProblems } from '../raw/raw-handler-problems.js';
import type { RawMessageExploration } from '../raw/raw-message-explorer.js';
import { RawMessageRegistrar, withoutOtherQueues } from '../raw/raw-message-registrar.js';
import type { SqsConnection } from '../sqs-connection.js';
import { handlerProblems } from '../tasks/handler-problems.js';
import { TaskExplorer, tasksOf, type Exploration } from '../tasks/task-explorer.js';
import { TaskInvoker } from '../tasks/task-invoker.js';
import { openThreads, threadsOf } from '../threads/open-threads.js';
import { CLOCK } from '../tokens.js';
import { CheckedConnections } from './checked-connections.js';
import { SqsConnections } from './sqs-connections.js';

/** The handlers and listeners of the application, for all connections. */
interface Found {
  readonly tasks: Exploration;
  readonly raw: RawMessageExploration;
  readonly listeners: ListenerExploration;
}

/** Puts the application together when it starts: checks everything, gives each connection its handlers, and opens them. */
@Injectable()
export class Assembly {
  readonly #log = new Logger('celery.apps.worker');
  #options: ReadonlyMap<SqsConnection, ResolvedOptions> | undefined;

  constructor(
    private readonly connections: SqsConnections,
    private readonly checked: CheckedConnections,
    private readonly explorer: TaskExplorer,
    private readonly invoker: TaskInvoker,
    private readonly rawMessages: RawMessageRegistrar,
    private readonly listeners: TaskEventExplorer,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * May be called again where it failed.
   *
   * @throws (rejects) InvalidConfigurationError with everything that is wrong; what a connection cannot be opened for, or
   * ConnectionsNotReadyError where there are several
   */
  async open(): Promise<void> {
    const options = (this.#options ??= this.#prepare());
    const opening = [...options].map(([connection, resolved]) => this.#open(connection, resolved));
    const opened = await Promise.allSettled(opening);
    const failures = opened.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    if (failures.length === 0) return;
    await this.connections.close();
    throw options.size === 1 ? failures[0] : failureOf([...options.keys()], opened);
  }

  /** Everything that a second attempt finds done. */
  #prepare(): ReadonlyMap<SqsConnection, ResolvedOptions> {
    this.connections.seal();
    const found = this.#found();
    const options = this.#checkedOptions(found);
    for (const { warnings } of Object.values(found)) for (const warning of warnings) this.#log.warn(warning);
    for (const [connection, resolved] of options) this.#register(connection, resolved, found);
    return options;
  }

  #found(): Found {
    return { tasks: this.explorer.explore(), raw: this.rawMessages.explore(), listeners: this.listeners.explore() };
  }

  #checkedOptions({ tasks, raw, listeners }: Found): ReadonlyMap<SqsConnection, ResolvedOptions> {
    const { known, problems, options } = this.checked.check();
    const all = [
      ...problems,
      ...handlerProblems(tasks, known),
      ...rawHandlerProblems(raw, known),
      ...listenerProblems(listeners, known),
    ];
    if (all.length > 0) throw new InvalidConfigurationError(all);
    return options;
  }

  async #open(connection: SqsConnection, options: ResolvedOptions): Promise<void> {
    // The start may have failed in another module since, and be tried again.
    if (connection.isOpen) return;
    const hasTasks = connection.registry.names().length > 0;
    const hasRaw = connection.rawHandlers.queues().length > 0;
    await connection.open(
      hasTasks || !hasRaw ? options : withoutOtherQueues(options, connection.rawHandlers),
      options.worker !== false && (hasTasks || hasRaw),
    );
    await openThreads(connection);
  }

  #register(connection: SqsConnection, options: ResolvedOptions, { tasks, raw, listeners }: Found): void {
    listen(listeners, connection);
    connection.threads = threadsOf(connection, options, this.clock);
    // The task's own queue wins over taskRoutes, that of taskDefaults does not.
    const { queue: _defaultQueue, ...defaults } = options.taskDefaults ?? {};
    for (const { method, task } of tasksOf(tasks.methods, connection.name)) {
      const resolved = resolveTaskOptions(task.options, defaults);
      const inThreads = resolved.pool === 'threads' ? connection.threads?.task : undefined;
      const run = connection.running.watch(
        inThreads?.run ?? this.invoker.runner(method, task, resolved, options.around),
      );
      connection.registry.add({ name: String(task.name), options: resolved, ...inThreads, run });
    }
    for (const warning of this.rawMessages.register(raw, connection, options)) this.#log.warn(warning);
  }
}

function failureOf(
  connections: readonly SqsConnection[],
  opened: readonly PromiseSettledResult<void>[],
): ConnectionsNotReadyError {
  const failures = opened.flatMap((one, index): [string, unknown][] =>
    one.status === 'rejected' ? [[connections[index]?.name ?? '', one.reason]] : [],
  );
  return new ConnectionsNotReadyError(new Map(failures));
}

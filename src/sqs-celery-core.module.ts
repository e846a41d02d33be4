import {
  ConfigurableModuleBuilder,
  Global,
  Inject,
  Logger,
  Module,
  Scope,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryModule, ModulesContainer, REQUEST } from '@nestjs/core';
import { systemClock } from '#celery';
import { RawHandlers, RawMessageRequest, TaskRegistry, TaskRequest, WorkerEvents, resolveTaskOptions } from '#worker';
import { InvalidConfigurationError } from './errors.js';
import { resolveOptions, type ResolvedOptions } from './options/resolve-options.js';
import type { SqsCeleryOptions, SqsCeleryOptionsFactory } from './options/sqs-celery-options.js';
import { optionProblems } from './options/validate-options.js';
import { TaskProducer } from './producer/task-producer.js';
import { rawHandlerProblems } from './raw/raw-handler-problems.js';
import { RawMessageExplorer, type RawMessageExploration } from './raw/raw-message-explorer.js';
import { RawMessageInvoker } from './raw/raw-message-invoker.js';
import { RawMessageRegistrar, withoutOtherQueues } from './raw/raw-message-registrar.js';
import { SqsConnection } from './sqs-connection.js';
import { handlerProblems } from './tasks/handler-problems.js';
import { TaskExceptionFilters } from './tasks/task-exception-filters.js';
import { TaskExplorer, type Exploration } from './tasks/task-explorer.js';
import { TaskInvoker } from './tasks/task-invoker.js';
import { CLOCK, SQS_CELERY_OPTIONS } from './tokens.js';
import { WorkerControl } from './worker/worker-control.js';

const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<SqsCeleryOptions>({
  optionsInjectionToken: SQS_CELERY_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createSqsCeleryOptions' satisfies keyof SqsCeleryOptionsFactory)
  .build();

/**
 * The global inner module: options, discovery, connection, producer. Nest initialises global modules first and closes them
 * last, so that tasks can be sent in every other module's hooks.
 */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [
    { provide: CLOCK, useValue: systemClock },
    { provide: TaskRegistry, useFactory: () => new TaskRegistry() },
    {
      provide: TaskRequest,
      scope: Scope.REQUEST,
      useFactory: (request: unknown) => (request instanceof TaskRequest ? request : undefined),
      inject: [REQUEST],
    },
    { provide: RawHandlers, useFactory: () => new RawHandlers() },
    {
      provide: RawMessageRequest,
      scope: Scope.REQUEST,
      useFactory: (request: unknown) => (request instanceof RawMessageRequest ? request : undefined),
      inject: [REQUEST],
    },
    { provide: WorkerEvents, useFactory: workerEvents },
    RawMessageExplorer,
    RawMessageInvoker,
    RawMessageRegistrar,
    SqsConnection,
    TaskExplorer,
    TaskExceptionFilters,
    TaskInvoker,
    TaskProducer,
    WorkerControl,
  ],
  exports: [
    CLOCK,
    RawHandlers,
    RawMessageRequest,
    SqsConnection,
    TaskProducer,
    TaskRegistry,
    TaskRequest,
    WorkerControl,
    WorkerEvents,
  ],
})
export class SqsCeleryCoreModule extends ConfigurableModuleClass implements OnModuleInit, OnApplicationShutdown {
  readonly #log = new Logger('celery.apps.worker');

  constructor(
    @Inject(SQS_CELERY_OPTIONS) private readonly given: SqsCeleryOptions,
    private readonly connection: SqsConnection,
    private readonly registry: TaskRegistry,
    private readonly explorer: TaskExplorer,
    private readonly invoker: TaskInvoker,
    private readonly rawMessages: RawMessageRegistrar,
    private readonly rawHandlers: RawHandlers,
    private readonly modules: ModulesContainer,
  ) {
    super();
  }

  /** Everything that can fail does so here. */
  async onModuleInit(): Promise<void> {
    const exploration = this.explorer.explore();
    const raw = this.rawMessages.explore();
    const options = this.#validated(exploration, raw);
    this.#register(exploration, options);
    const warnings = [...exploration.warnings, ...this.rawMessages.register(raw, options)];
    warnings.forEach((warning) => this.#log.warn(warning));
    const hasTasks = exploration.methods.length > 0;
    await this.connection.open(
      hasTasks || raw.methods.length === 0 ? options : withoutOtherQueues(options, this.rawHandlers),
      options.worker !== false && (hasTasks || raw.methods.length > 0),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.connection.close();
  }

  #validated(exploration: Exploration, raw: RawMessageExploration): ResolvedOptions {
    const wrongOptions = optionProblems(this.given);
    // Options that are wrong name no queues to check the handlers' against.
    const options = wrongOptions.length === 0 ? resolveOptions(this.given) : undefined;
    const queues = options?.queues.map(({ name }) => name) ?? [];
    const problems = [
      ...this.#repetitions(),
      ...wrongOptions,
      ...handlerProblems(exploration, queues, this.given),
      ...rawHandlerProblems(raw, queues),
    ];
    if (options === undefined || problems.length > 0) throw new InvalidConfigurationError(problems);
    return options;
  }

  #repetitions(): string[] {
    const times = [...this.modules.values()].filter(({ metatype }) => metatype === SqsCeleryCoreModule).length;
    return times > 1 ? [`SqsCeleryModule.forRoot is imported ${times} times: import it once`] : [];
  }

  #register({ methods }: Exploration, { taskDefaults }: ResolvedOptions): void {
    for (const method of methods) {
      for (const task of method.tasks) {
        const options = resolveTaskOptions(task.options, taskDefaults);
        this.registry.add({ name: String(task.name), options, run: this.invoker.runner(method, task, options) });
      }
    }
  }
}

function workerEvents(): WorkerEvents {
  const log = new Logger('celery.worker');
  return new WorkerEvents((error) =>
    log.error('A listener of worker events threw', error instanceof Error ? error.stack : undefined),
  );
}

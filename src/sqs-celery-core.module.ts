import { Global, Module, Scope, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { DiscoveryModule, REQUEST } from '@nestjs/core';
import { systemClock } from '#celery';
import { RawMessageRequest, TaskRequest } from '#worker';
import { Assembly } from './connections/assembly.js';
import { CheckedConnections } from './connections/checked-connections.js';
import { CONNECTION_OVERRIDES, NO_OVERRIDES } from './connections/connection-overrides.js';
import { SqsConnections } from './connections/sqs-connections.js';
import { SqsCeleryCosts } from './costs/sqs-celery-costs.js';
import { TaskEventExplorer } from './events/task-event-explorer.js';
import { SqsCeleryHealth } from './health/sqs-celery-health.js';
import { SqsCeleryHealthIndicator } from './health/sqs-celery-health-indicator.js';
import { RawMessageExplorer } from './raw/raw-message-explorer.js';
import { RawMessageInvoker } from './raw/raw-message-invoker.js';
import { RawMessageRegistrar } from './raw/raw-message-registrar.js';
import { TaskExceptionFilters } from './tasks/task-exception-filters.js';
import { TaskExplorer } from './tasks/task-explorer.js';
import { TaskInvoker } from './tasks/task-invoker.js';
import { CLOCK } from './tokens.js';

/**
 * What all connections share, once and globally: clock, discovery, invocation, and the assembly. Nest initialises global modules
 * first and closes them last, so that tasks can be sent in every other module's hooks.
 */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [
    { provide: CLOCK, useValue: systemClock },
    { provide: CONNECTION_OVERRIDES, useValue: NO_OVERRIDES },
    {
      provide: TaskRequest,
      scope: Scope.REQUEST,
      useFactory: (request: unknown) => (request instanceof TaskRequest ? request : undefined),
      inject: [REQUEST],
    },
    {
      provide: RawMessageRequest,
      scope: Scope.REQUEST,
      useFactory: (request: unknown) => (request instanceof RawMessageRequest ? request : undefined),
      inject: [REQUEST],
    },
    Assembly,
    CheckedConnections,
    RawMessageExplorer,
    RawMessageInvoker,
    RawMessageRegistrar,
    SqsCeleryCosts,
    SqsCeleryHealth,
    SqsCeleryHealthIndicator,
    SqsConnections,
    TaskEventExplorer,
    TaskExceptionFilters,
    TaskExplorer,
    TaskInvoker,
  ],
  exports: [
    CLOCK,
    RawMessageRequest,
    SqsCeleryCosts,
    SqsCeleryHealth,
    SqsCeleryHealthIndicator,
    SqsConnections,
    TaskRequest,
  ],
})
export class SqsCeleryCoreModule implements OnModuleInit, OnApplicationShutdown {
  #opening: Promise<void> | undefined;

  constructor(
    private readonly assembly: Assembly,
    private readonly connections: SqsConnections,
  ) {}

  /** Everything that can fail does so here. */
  async onModuleInit(): Promise<void> {
    // A signal may have closed the application before it came to this.
    if (this.connections.draining) return;
    this.#opening = this.assembly.open();
    await this.#opening;
  }

  async onApplicationShutdown(): Promise<void> {
    // An application that serves HTTP can be closed while it starts: what is opened after it was closed stays open.
    await Promise.allSettled([this.#opening]);
    await this.connections.close();
  }
}

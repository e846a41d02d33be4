import { Logger, Module } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { SqsCeleryCoreModule } from './sqs-celery-core.module.js';
import { GlobalEnhancers } from './worker/global-enhancers.js';
import { Poller } from './worker/poller.js';
import { ShutdownHooks } from './worker/shutdown-hooks.js';
import { StartUpReport } from './worker/start-up-report.js';

const NEARER_THAN_ROOT = -1;

/** What receives messages, for all connections: local, unlike the rest, as Nest starts and drains local modules by their distance. */
@Module({ imports: [SqsCeleryCoreModule], providers: [GlobalEnhancers, Poller, ShutdownHooks, StartUpReport] })
export class SqsCeleryWorkerModule {
  constructor(modules: ModulesContainer) {
    for (const module of modules.values()) {
      if (module.metatype === SqsCeleryWorkerModule) startLastAndDrainFirst(module);
    }
  }
}

/**
 * Nest calls the hooks of modules by their distance from the root: bootstrap from the farthest, destruction from the nearest.
 * Nearer than the root itself, the poller starts after everything and drains before anything its handlers need is gone,
 * AppModule's own providers included, wherever the module is imported.
 */
function startLastAndDrainFirst(module: { distance: number }): void {
  try {
    module.distance = NEARER_THAN_ROOT;
  } catch {
    // Falls through to the warning.
  }
  if (module.distance === NEARER_THAN_ROOT) return;
  new Logger('celery.apps.worker').warn(
    'Import SqsCeleryModule last: this version of Nest would close other modules before it.',
  );
}

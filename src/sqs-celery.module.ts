import { Logger, Module, type ConfigurableModuleAsyncOptions, type DynamicModule } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { InvalidConfigurationError } from './errors.js';
import type { SqsCeleryOptions, SqsCeleryOptionsFactory } from './options/sqs-celery-options.js';
import { SqsCeleryCoreModule } from './sqs-celery-core.module.js';
import { DeadLetterPoller } from './worker/dead-letter-poller.js';
import { GlobalEnhancers } from './worker/global-enhancers.js';
import { Poller } from './worker/poller.js';
import { ShutdownHooks } from './worker/shutdown-hooks.js';
import { StartUpReport } from './worker/start-up-report.js';
import { WorkerParts } from './worker/worker-parts.js';

/** How `forRootAsync` gets its options: `useFactory` with `inject`, `useClass` or `useExisting`. */
export type SqsCeleryAsyncOptions = ConfigurableModuleAsyncOptions<SqsCeleryOptions, keyof SqsCeleryOptionsFactory>;

const WITHOUT_OPTIONS =
  'SqsCeleryModule is imported without options: write SqsCeleryModule.forRoot({ … }) once, and import it nowhere else';

const NEARER_THAN_ROOT = -1;

/**
 * Makes the application a member of a Celery fleet whose broker is Amazon SQS. Imported once, anywhere.
 *
 * This outer module is local and owns what receives messages; {@link SqsCeleryCoreModule} is global and owns the rest.
 */
@Module({})
export class SqsCeleryModule {
  constructor(modules: ModulesContainer) {
    for (const module of modules.values()) {
      if (module.metatype !== SqsCeleryModule) continue;
      if (!module.providers.has(Poller)) throw new InvalidConfigurationError([WITHOUT_OPTIONS]);
      startLastAndDrainFirst(module);
    }
  }

  /** @param options checked when the application starts: one error lists everything that is wrong */
  static forRoot(options: SqsCeleryOptions = {}): DynamicModule {
    return outerModule(SqsCeleryCoreModule.forRoot(options));
  }

  /** @param options where the options come from; `sqsCeleryConfig.asProvider()` reads them from the environment */
  static forRootAsync(options: SqsCeleryAsyncOptions): DynamicModule {
    return outerModule(SqsCeleryCoreModule.forRootAsync(options));
  }
}

function outerModule(core: DynamicModule): DynamicModule {
  return {
    module: SqsCeleryModule,
    imports: [core],
    providers: [DeadLetterPoller, GlobalEnhancers, Poller, ShutdownHooks, StartUpReport, WorkerParts],
  };
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

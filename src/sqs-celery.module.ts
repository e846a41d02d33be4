import {
  ConfigurableModuleBuilder,
  Inject,
  Module,
  Optional,
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  type Provider,
} from '@nestjs/common';
import {
  getSqsConnectionToken,
  getTaskEventsToken,
  getTaskProducerToken,
  getWorkerControlToken,
} from './connections/connection-tokens.js';
import { FEATURE, type SqsCeleryFeature } from './connections/sqs-celery-feature.js';
import { SqsConnections } from './connections/sqs-connections.js';
import { InvalidConfigurationError } from './errors.js';
import type { SqsCeleryOptions, SqsCeleryOptionsFactory } from './options/sqs-celery-options.js';
import { TaskProducer } from './producer/task-producer.js';
import { SqsCeleryCoreModule } from './sqs-celery-core.module.js';
import { SqsCeleryWorkerModule } from './sqs-celery-worker.module.js';
import type { SqsConnection } from './sqs-connection.js';
import { DEFAULT_CONNECTION, getSqsCeleryOptionsToken } from './tokens.js';

/** How `forRootAsync` gets its options: `useFactory` with `inject`, `useClass` or `useExisting`; and the connection's `name`. */
export type SqsCeleryAsyncOptions = ConfigurableModuleAsyncOptions<SqsCeleryOptions, keyof SqsCeleryOptionsFactory> & {
  /** As {@link SqsCeleryOptions.name}; it has to be known before the options are made. Default: the default connection. */
  readonly name?: string;
};

const { ConfigurableModuleClass: WithOptions, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<SqsCeleryOptions>()
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createSqsCeleryOptions' satisfies keyof SqsCeleryOptionsFactory)
  .build();

/** How the module was imported. */
const IMPORTED_BY = Symbol('sqs-celery:imported-by');

const WITHOUT_OPTIONS =
  'SqsCeleryModule is imported without options: write SqsCeleryModule.forRoot({ … }) once, and import it nowhere else, ' +
  'or SqsCeleryModule.forFeature({ queues }) where a module has queues of its own';

const WITHOUT_SOURCE =
  'forRootAsync is given none of useFactory, useClass and useExisting, which say where the options come from';

/**
 * Makes the application a member of a Celery fleet whose broker is Amazon SQS. `forRoot` is imported once for each connection,
 * anywhere; {@link SqsCeleryCoreModule} owns what the connections share, {@link SqsCeleryWorkerModule} what receives their messages.
 */
@Module({})
export class SqsCeleryModule {
  constructor(
    @Optional() @Inject(IMPORTED_BY) importedBy?: string,
    @Optional() @Inject(FEATURE) feature?: SqsCeleryFeature,
    @Optional() connections?: SqsConnections,
  ) {
    if (importedBy === undefined) throw new InvalidConfigurationError([WITHOUT_OPTIONS]);
    if (feature) connections?.declare(feature);
  }

  /**
   * A connection, and its worker where there are handlers. Global.
   *
   * @param options checked when the application starts: one error lists everything that is wrong
   */
  static forRoot(options: SqsCeleryOptions = {}): DynamicModule {
    return connectionModule(options.name, WithOptions.forRoot(options));
  }

  /** @param options where the options come from; `sqsCeleryConfig.asProvider()` reads them from the environment */
  static forRootAsync({ name, ...options }: SqsCeleryAsyncOptions): DynamicModule {
    if (!options.useFactory && !options.useClass && !options.useExisting)
      throw new InvalidConfigurationError([WITHOUT_SOURCE]);
    return connectionModule(name, WithOptions.forRootAsync(options));
  }

  /**
   * Queues of a feature module, which are added to those of `forRoot` when the application starts, in whatever order the modules are
   * imported. A queue may be declared in several places, with the same options or by its name alone.
   */
  static forFeature(feature: SqsCeleryFeature): DynamicModule {
    return {
      module: SqsCeleryModule,
      imports: [SqsCeleryCoreModule],
      providers: [
        { provide: IMPORTED_BY, useValue: 'forFeature' },
        // A copy, as it is told by it who imports it.
        { provide: FEATURE, useValue: { ...feature } },
      ],
    };
  }
}

/** The providers of a connection stand under tokens of its name, so that several can be global side by side. */
function connectionModule(
  name: string = DEFAULT_CONNECTION,
  { imports = [], providers = [] }: DynamicModule,
): DynamicModule {
  const options = getSqsCeleryOptionsToken(name);
  const connection = getSqsConnectionToken(name);
  return {
    module: SqsCeleryModule,
    global: true,
    imports: [...imports, SqsCeleryCoreModule, SqsCeleryWorkerModule],
    providers: [
      ...providers.map((provider) => underToken(provider, options)),
      { provide: IMPORTED_BY, useValue: 'forRoot' },
      {
        provide: connection,
        useFactory: (connections: SqsConnections, given: SqsCeleryOptions) => connections.add(name, given),
        inject: [SqsConnections, options],
      },
      {
        provide: getTaskProducerToken(name),
        useFactory: (opened: SqsConnection) => new TaskProducer(opened),
        inject: [connection],
      },
      {
        provide: getWorkerControlToken(name),
        useFactory: ({ control }: SqsConnection) => control,
        inject: [connection],
      },
      {
        provide: getTaskEventsToken(name),
        useFactory: ({ taskEvents }: SqsConnection) => taskEvents,
        inject: [connection],
      },
    ],
    exports: [connection, getTaskProducerToken(name), getWorkerControlToken(name), getTaskEventsToken(name)],
  };
}

/** Nest's builder knows one token of options; each connection has one of its own, which a test can override. */
function underToken(provider: Provider, token: string | symbol): Provider {
  const isOptions = typeof provider === 'object' && provider.provide === MODULE_OPTIONS_TOKEN;
  return isOptions ? { ...provider, provide: token } : provider;
}

import { Global, Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { EVENT_SOURCE } from '../worker/event-source.js';

/** A module, in each form in which Nest imports one. */
export type ImportedModule = NonNullable<ModuleMetadata['imports']>[number];

/** Around the application's own root module: tells the worker that messages are handed to it. */
@Global()
@Module({ providers: [{ provide: EVENT_SOURCE, useValue: true }], exports: [EVENT_SOURCE] })
export class LambdaModule {
  static of(AppModule: ImportedModule): DynamicModule {
    return { module: LambdaModule, imports: [AppModule] };
  }
}

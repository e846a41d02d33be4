import type { Type } from '@nestjs/common';
import type { ApplicationConfig, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { skippedEnhancers } from './skipped-enhancers.js';
import { taskMetadata } from './task-metadata.accessor.js';
import type { TaskParameter } from './task-metadata.js';

/** Nest's record of a provider. */
export type ProviderWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** A decorated method that handles messages, and the provider it belongs to. */
export interface HandlerMethod {
  readonly wrapper: ProviderWrapper;
  readonly prototype: object;
  readonly method: string;
  readonly parameters: readonly TaskParameter[];
  /** Design types of all parameters; undefined where the compiler wrote none. */
  readonly types: readonly unknown[] | undefined;
  /** Enhancers that Nest would leave out: see {@link skippedEnhancers}. */
  readonly skipped: readonly string[];
  /** For messages: `OrderTasks.ship (OrdersModule)`. */
  readonly title: string;
}

/** What was found in the application. */
export interface Handlers {
  /** Each method of each class once. */
  readonly methods: readonly HandlerMethod[];
  /** Methods of controllers, where messages cannot be handled. */
  readonly onControllers: readonly HandlerMethod[];
  /** Methods of a class of which another instance exists, which will handle nothing; with the modules of the others. */
  readonly repeated: readonly { readonly title: string; readonly modules: readonly string[] }[];
}

/** Finds decorated methods of the application; lazily loaded modules are not there yet and are not seen. */
export class HandlerExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly config: ApplicationConfig,
  ) {}

  /** @param isHandler whether a method has the decorator */
  explore(isHandler: (prototype: object, method: string) => boolean): Handlers {
    const methodsOf = (wrapper: ProviderWrapper): HandlerMethod[] => this.#methodsOf(wrapper, isHandler);
    const found = this.discovery.getProviders().flatMap(methodsOf);
    const methods = found.filter((method) => method.wrapper === preferredProvider(found, method.prototype));
    return {
      methods,
      onControllers: this.discovery.getControllers().flatMap(methodsOf),
      repeated: methods
        .map((method) => ({ title: method.title, modules: modulesOfOthers(found, method) }))
        .filter(({ modules }) => modules.length > 0),
    };
  }

  #methodsOf(wrapper: ProviderWrapper, isHandler: (prototype: object, method: string) => boolean): HandlerMethod[] {
    // An alias stands for a provider that is found by itself.
    const prototype = wrapper.isAlias ? undefined : prototypeOf(wrapper);
    if (!prototype) return [];
    return this.scanner
      .getAllMethodNames(prototype)
      .filter((method) => isHandler(prototype, method))
      .map((method) => this.#method(wrapper, prototype, method));
  }

  #method(wrapper: ProviderWrapper, prototype: object, method: string): HandlerMethod {
    return {
      wrapper,
      prototype,
      method,
      parameters: taskMetadata.parameters(prototype, method),
      types: taskMetadata.types(prototype, method),
      skipped: skippedEnhancers(wrapper, prototype, method, this.config),
      title: `${prototype.constructor.name}.${method} (${wrapper.host?.name ?? 'no module'})`,
    };
  }
}

/** The class of a provider: of its instance, or, where one is made for every message, the one it is registered with. */
function prototypeOf(wrapper: ProviderWrapper): object | undefined {
  if (!wrapper.isNotMetatype) return (wrapper.metatype as Type).prototype;
  const instance: unknown = wrapper.isDependencyTreeStatic() ? wrapper.instance : undefined;
  return typeof instance === 'object' && instance !== null ? (Object.getPrototypeOf(instance) ?? undefined) : undefined;
}

/** Of several providers of one class, the first that Nest made from the class itself. */
function preferredProvider(found: readonly HandlerMethod[], prototype: object): ProviderWrapper | undefined {
  const wrappers = found.filter((method) => method.prototype === prototype).map(({ wrapper }) => wrapper);
  return wrappers.find((wrapper) => !wrapper.isNotMetatype) ?? wrappers[0];
}

function modulesOfOthers(found: readonly HandlerMethod[], { prototype, method, wrapper }: HandlerMethod): string[] {
  const others = found.filter((other) => other.prototype === prototype && other.method === method);
  return others.flatMap((other) =>
    other.wrapper.instance === wrapper.instance ? [] : [other.wrapper.host?.name ?? 'no module'],
  );
}

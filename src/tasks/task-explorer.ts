import { Injectable, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { taskMetadata } from './task-metadata.accessor.js';
import type { TaskMetadata, TaskParameter } from './task-metadata.js';

/** Nest's record of a provider. */
export type ProviderWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** A method with `@Task`, and the provider it belongs to. */
export interface TaskMethod {
  readonly wrapper: ProviderWrapper;
  readonly prototype: object;
  readonly method: string;
  readonly tasks: readonly TaskMetadata[];
  readonly parameters: readonly TaskParameter[];
  /** Design types of all parameters; undefined where the compiler wrote none. */
  readonly types: readonly unknown[] | undefined;
  /** For messages: `OrderTasks.ship (OrdersModule)`. */
  readonly title: string;
}

/** What was found in the application. */
export interface Exploration {
  /** Each method of each class once. */
  readonly methods: readonly TaskMethod[];
  /** Methods of controllers, where tasks cannot run. */
  readonly onControllers: readonly TaskMethod[];
  /** What looks like a mistake, one sentence each. */
  readonly warnings: readonly string[];
}

/** Finds the `@Task` methods of the application; lazily loaded modules are not there yet and are not seen. */
@Injectable()
export class TaskExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  explore(): Exploration {
    const found = this.discovery.getProviders().flatMap((wrapper) => this.methodsOf(wrapper));
    const chosen = found.filter((method) => method.wrapper === preferredProvider(found, method.prototype));
    return {
      methods: chosen,
      onControllers: this.discovery.getControllers().flatMap((wrapper) => this.methodsOf(wrapper)),
      warnings: chosen.flatMap((method) => otherInstances(found, method)),
    };
  }

  private methodsOf(wrapper: ProviderWrapper): TaskMethod[] {
    // An alias stands for a provider that is found by itself.
    const prototype = wrapper.isAlias ? undefined : prototypeOf(wrapper);
    if (!prototype) return [];
    return this.scanner.getAllMethodNames(prototype).flatMap((method) => {
      const tasks = taskMetadata.tasks(prototype, method);
      return tasks.length === 0 ? [] : [taskMethod(wrapper, prototype, method, tasks)];
    });
  }
}

/** The class of a provider: of its instance, or, where one is made for every task, the one it is registered with. */
function prototypeOf(wrapper: ProviderWrapper): object | undefined {
  if (!wrapper.isNotMetatype) return (wrapper.metatype as Type).prototype;
  const instance: unknown = wrapper.isDependencyTreeStatic() ? wrapper.instance : undefined;
  return typeof instance === 'object' && instance !== null ? (Object.getPrototypeOf(instance) ?? undefined) : undefined;
}

function taskMethod(
  wrapper: ProviderWrapper,
  prototype: object,
  method: string,
  tasks: readonly TaskMetadata[],
): TaskMethod {
  return {
    wrapper,
    prototype,
    method,
    tasks,
    parameters: taskMetadata.parameters(prototype, method),
    types: taskMetadata.types(prototype, method),
    title: `${prototype.constructor.name}.${method} (${wrapper.host?.name ?? 'no module'})`,
  };
}

/** Of several providers of one class, the first that Nest made from the class itself. */
function preferredProvider(found: readonly TaskMethod[], prototype: object): ProviderWrapper | undefined {
  const wrappers = found.filter((method) => method.prototype === prototype).map(({ wrapper }) => wrapper);
  return wrappers.find((wrapper) => !wrapper.isNotMetatype) ?? wrappers[0];
}

function otherInstances(found: readonly TaskMethod[], { prototype, method, wrapper, title }: TaskMethod): string[] {
  const others = found.filter((other) => other.prototype === prototype && other.method === method);
  const modules = others.flatMap((other) =>
    other.wrapper.instance === wrapper.instance ? [] : [other.wrapper.host?.name ?? 'no module'],
  );
  if (modules.length === 0) return [];
  return [`@Task on ${title}: ${modules.join(', ')} has another instance of the class, which will run no tasks`];
}

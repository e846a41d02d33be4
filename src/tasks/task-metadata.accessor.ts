import type { Type } from '@nestjs/common';
import {
  ENTRY_PROVIDER_WATERMARK,
  EXCEPTION_FILTERS_METADATA,
  FILTER_CATCH_EXCEPTIONS,
  GUARDS_METADATA,
  INTERCEPTORS_METADATA,
  PARAMTYPES_METADATA,
  PIPES_METADATA,
  ROUTE_ARGS_METADATA,
  RouteParamtypes,
  getParamArgsMetadata,
} from '@nestjs/common/internal';
import type { ListenerMetadata, RawMessageMetadata, TaskMetadata, TaskParameter } from './task-metadata.js';

const TASKS = Symbol('sqs-celery:tasks');
const RAW_MESSAGES = Symbol('sqs-celery:raw-messages');
const LISTENERS = Symbol('sqs-celery:listeners');

const ENHANCERS = {
  guard: GUARDS_METADATA,
  interceptor: INTERCEPTORS_METADATA,
  pipe: PIPES_METADATA,
  filter: EXCEPTION_FILTERS_METADATA,
} as const;

/** A class that `@UseGuards` and its like, or a parameter's decorator, name. */
export interface EnhancerClass {
  readonly kind: keyof typeof ENHANCERS;
  readonly enhancer: Type;
}

type RouteArguments = Record<string, { readonly index: number } & Partial<TaskParameter>>;

/**
 * The only reader and writer of reflection. Tasks are kept by (prototype, method) and not on the function, so that another
 * decorator may replace the function above or below `@Task`.
 */
export const taskMetadata = {
  /** Adds a `@Task` of a method; a method may have several names. */
  add(prototype: object, method: string, task: TaskMetadata): void {
    addOwn(TASKS, prototype, method, task);
  },

  /** The `@Task`s of a method, inherited ones included. */
  tasks(prototype: object, method: string): readonly TaskMetadata[] {
    return Reflect.getMetadata(TASKS, prototype, method) ?? [];
  },

  /** Adds a `@RawMessage` of a method. */
  addRawMessage(prototype: object, method: string, rawMessage: RawMessageMetadata): void {
    addOwn(RAW_MESSAGES, prototype, method, rawMessage);
  },

  /** The `@RawMessage`s of a method, inherited ones included. */
  rawMessages(prototype: object, method: string): readonly RawMessageMetadata[] {
    return Reflect.getMetadata(RAW_MESSAGES, prototype, method) ?? [];
  },

  /** Adds an `@OnTaskEvent` of a method. */
  addListener(prototype: object, method: string, listener: ListenerMetadata): void {
    append(LISTENERS, prototype, method, listener);
  },

  /** The `@OnTaskEvent`s of a method, inherited ones included. */
  listeners(prototype: object, method: string): readonly ListenerMetadata[] {
    return Reflect.getMetadata(LISTENERS, prototype, method) ?? [];
  },

  /** Adds the decorator of one parameter. */
  addParameter(prototype: object, method: string, parameter: TaskParameter): void {
    const others = getParamArgsMetadata(ROUTE_ARGS_METADATA, prototype, method, parameter.index);
    writeRouteArguments(prototype, method, { ...others, ...entryOf(parameter) });
  },

  /** Makes every parameter without a decorator a positional one, as Nest's pipes only see parameters with metadata. */
  fillPositional(prototype: object, method: string, count: number): void {
    const args = declaredArguments(prototype, method);
    const decorated = new Map(Object.values(args).map((argument) => [argument.index, argument]));
    let rank = 0;
    for (let index = 0; index < count; index++) {
      const parameter = decorated.get(index);
      if (parameter === undefined) Object.assign(args, entryOf(positional(index, rank)));
      if (parameter === undefined || parameter.kind === 'arg' || parameter.kind === 'positional') rank++;
    }
    writeRouteArguments(prototype, method, args);
  },

  /** The parameters that take their values from the message, in the order of the signature. */
  parameters(prototype: object, method: string): readonly TaskParameter[] {
    const args: RouteArguments = Reflect.getMetadata(ROUTE_ARGS_METADATA, prototype.constructor, method) ?? {};
    return Object.values(args)
      .filter((argument): argument is TaskParameter => argument.kind !== undefined)
      .toSorted((one, other) => one.index - other.index);
  },

  /** The design types of a method's parameters; undefined where the compiler wrote none. */
  types(prototype: object, method: string): readonly unknown[] | undefined {
    return Reflect.getMetadata(PARAMTYPES_METADATA, prototype, method);
  },

  /** The classes of enhancers that a class, its method and the parameters of that name; instances are left out. */
  enhancerClasses(prototype: object, method: string): readonly EnhancerClass[] {
    const targets = [prototype.constructor, Reflect.get(prototype, method)];
    const own = Object.entries(ENHANCERS).flatMap(([kind, key]) =>
      targets.flatMap((target) => enhancersOf(kind as keyof typeof ENHANCERS, Reflect.getMetadata(key, target) ?? [])),
    );
    const args: RouteArguments = Reflect.getMetadata(ROUTE_ARGS_METADATA, prototype.constructor, method) ?? {};
    return [...own, ...Object.values(args).flatMap(({ pipes }) => enhancersOf('pipe', pipes ?? []))];
  },

  /** What `@UseFilters` put on a method's function or on a class. */
  filters(target: object): readonly object[] {
    return Reflect.getMetadata(EXCEPTION_FILTERS_METADATA, target) ?? [];
  },

  /** Puts filters on a function that stands in for a handler. */
  setFilters(target: object, filters: readonly object[]): void {
    Reflect.defineMetadata(EXCEPTION_FILTERS_METADATA, [...filters], target);
  },

  /** The classes of errors in a filter's `@Catch`; empty: all. */
  catches(filter: object): readonly Type[] {
    const filterClass = typeof filter === 'function' ? filter : filter.constructor;
    return Reflect.getMetadata(FILTER_CATCH_EXCEPTIONS, filterClass) ?? [];
  },
};

/** Adds to what stands on this very method: an overriding method begins anew. */
function append(key: symbol, prototype: object, method: string, value: object): void {
  const own: readonly object[] = Reflect.getOwnMetadata(key, prototype, method) ?? [];
  Reflect.defineMetadata(key, [...own, value], prototype, method);
}

/** The same for a handler of messages. */
function addOwn(key: symbol, prototype: object, method: string, value: object): void {
  append(key, prototype, method, value);
  // Nest then gives the class its request-scoped and transient global enhancers.
  Reflect.defineMetadata(ENTRY_PROVIDER_WATERMARK, true, prototype.constructor);
}

/** "Body", as the stock `ValidationPipe` leaves custom parameters alone. */
function entryOf(parameter: TaskParameter): RouteArguments {
  return { [`${RouteParamtypes.BODY}:${parameter.index}`]: parameter };
}

function positional(index: number, rank: number): TaskParameter {
  return { index, kind: 'positional', data: rank, pipes: [], optional: false };
}

function enhancersOf(kind: keyof typeof ENHANCERS, enhancers: readonly unknown[]): EnhancerClass[] {
  return enhancers
    .filter((enhancer) => typeof enhancer === 'function')
    .map((enhancer) => ({ kind, enhancer: enhancer as Type }));
}

/** The decorated parameters of this very method: those of a method it overrides do not count. */
function declaredArguments(prototype: object, method: string): RouteArguments {
  const args: RouteArguments = Reflect.getOwnMetadata(ROUTE_ARGS_METADATA, prototype.constructor, method) ?? {};
  const base: object | null = Object.getPrototypeOf(prototype.constructor);
  const inherited: RouteArguments = (base && Reflect.getMetadata(ROUTE_ARGS_METADATA, base, method)) ?? {};
  return Object.fromEntries(Object.entries(args).filter(([key, argument]) => inherited[key] !== argument));
}

function writeRouteArguments(prototype: object, method: string, args: object): void {
  Reflect.defineMetadata(ROUTE_ARGS_METADATA, args, prototype.constructor, method);
}

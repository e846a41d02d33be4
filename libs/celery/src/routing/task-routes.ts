import { InvalidTaskError } from '../errors/task-errors.js';
import { globToRegExp } from './glob.js';
import { routeEntries, routeProblem, routersOf } from './route-problems.js';
import type { RouteFunction, RouteOptions, RouteTable, TaskRoute, TaskRoutes } from './task-route.js';

/** A call that is about to be sent. */
export interface RoutedCall extends RouteOptions {
  /** The name it is routed by. */
  readonly name: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** Where a call goes, and with which priority. */
export interface Routed {
  readonly queue: string;
  readonly priority?: number | undefined;
}

/** What the routes of an application say of a call; undefined: nothing. */
export type RouteLookup = (call: RoutedCall) => RouteOptions | undefined;

/**
 * Prepares `task_routes`: Celery's `Router.lookup_route`.
 *
 * @param routes without problems, as `taskRouteProblems` finds them
 * @returns may throw InvalidTaskError where a function throws, or answers what is no route
 */
export function routeLookup(routes: TaskRoutes | undefined): RouteLookup {
  const lookups = routersOf(routes).map((router) =>
    typeof router === 'function' ? byFunction(router) : byTable(router),
  );
  return (call) => {
    for (const lookup of lookups) {
      const route = lookup(call);
      if (route !== undefined) return route;
    }
    return undefined;
  };
}

function byFunction(router: RouteFunction): RouteLookup {
  return ({ name, args, kwargs, queue, priority }) => {
    const route = answerOf(router, name, args, kwargs, { queue, priority }) ?? undefined;
    if (route === undefined) return undefined;
    const problem = routeProblem(route);
    if (problem === undefined) return optionsOf(route);
    throw new InvalidTaskError(`a function in taskRoutes answered for task '${name}' what is no route: it ${problem}`);
  };
}

/** A function that fails must look like a call that cannot be sent, wherever it is sent from. */
function answerOf(router: RouteFunction, ...call: Parameters<RouteFunction>): ReturnType<RouteFunction> {
  try {
    return router(...call);
  } catch (cause) {
    const [name] = call;
    throw new InvalidTaskError(`a function in taskRoutes threw for task '${name}': ${String(cause)}`, { cause });
  }
}

/** Names come first, then patterns in their order. */
function byTable(table: RouteTable): RouteLookup {
  const names = new Map<string, RouteOptions>();
  const patterns: (readonly [RegExp, RouteOptions])[] = [];
  for (const [pattern, route] of routeEntries(table)) {
    if (pattern instanceof RegExp) patterns.push([fromStart(pattern), optionsOf(route)]);
    else if (pattern.includes('*')) patterns.push([globToRegExp(pattern), optionsOf(route)]);
    else names.set(pattern, optionsOf(route));
  }
  return ({ name }) => names.get(name) ?? patterns.find(([pattern]) => matches(pattern, name))?.[1];
}

/** Python's `match`, where JavaScript's `test` looks anywhere. */
function fromStart({ source, flags }: RegExp): RegExp {
  return new RegExp(source, `${flags.replace(/[gy]/g, '')}y`);
}

function matches(pattern: RegExp, name: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(name);
}

function optionsOf(route: TaskRoute): RouteOptions {
  return typeof route === 'string' ? { queue: route } : route;
}

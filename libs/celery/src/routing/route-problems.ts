import type { RouteFunction, RouteTable, TaskRoute, TaskRoutes } from './task-route.js';

type Router = RouteTable | RouteFunction;

const ROUTE = 'must be the name of a queue, or { queue, priority }';

/** The queue that an entry of a table names, and where it does. */
export interface RoutedQueue {
  /** For messages: `taskRoutes 'orders.*'`. */
  readonly where: string;
  readonly queue: string;
}

/** Lists everything that is wrong with `task_routes`, as far as it can be told without a call; one sentence each. */
export function taskRouteProblems(routes: unknown): string[] {
  if (routes === undefined || typeof routes === 'function') return [];
  if (!isObject(routes)) return ['taskRoutes must be an object, a function, or a list of pairs or of routers'];
  return routersOf(routes as TaskRoutes).flatMap(routerProblems);
}

/** The queues that tables name; what functions will answer is not known. */
export function routedQueues(routes: TaskRoutes | undefined): RoutedQueue[] {
  return routersOf(routes).flatMap((router) =>
    typeof router === 'function' ? [] : routeEntries(router).flatMap(([pattern, route]) => queueOf(pattern, route)),
  );
}

/** Whether the name of a task alone decides where it goes, and no function is asked. */
export function routesByName(routes: TaskRoutes | undefined): boolean {
  return routersOf(routes).every((router) => typeof router !== 'function');
}

/** The routers of `task_routes`. A list that begins with a pair is one table. */
export function routersOf(routes: TaskRoutes | undefined): readonly Router[] {
  if (routes === undefined) return [];
  return isList(routes) ? routes : [routes];
}

/** The entries of a table, in their order. */
export function routeEntries(table: RouteTable): readonly (readonly [pattern: string | RegExp, route: TaskRoute])[] {
  return isTableOfPairs(table) ? table : Object.entries(table);
}

/** Why a value is no route, in the words that follow its name. */
export function routeProblem(route: unknown): string | undefined {
  if (typeof route === 'string') return route === '' ? ROUTE : undefined;
  if (!isObject(route) || Array.isArray(route)) return ROUTE;
  const unknown = Object.keys(route).find((key) => key !== 'queue' && key !== 'priority');
  if (unknown !== undefined) return `has '${unknown}', but SQS has no exchanges and a route ${ROUTE}`;
  return optionProblem(route);
}

function optionProblem({ queue, priority }: { queue?: unknown; priority?: unknown }): string | undefined {
  if (!isNothing(queue) && (typeof queue !== 'string' || queue === ''))
    return `has a queue that is no name: it ${ROUTE}`;
  if (isNothing(priority) || isPriority(priority)) return undefined;
  return 'has a priority that is not a whole number from 0 to 9';
}

function routerProblems(router: unknown): string[] {
  if (typeof router === 'function') return [];
  if (!isObject(router) || router instanceof RegExp || isOtherIterable(router))
    return ['taskRoutes lists a router that is neither an object, nor a list of pairs, nor a function'];
  return routeEntries(router as RouteTable).flatMap(entryProblems);
}

function entryProblems(entry: unknown): string[] {
  if (!isPair(entry)) return ['taskRoutes lists something among its pairs that is no pair [name or pattern, route]'];
  const [pattern, route] = entry;
  const problem = routeProblem(route);
  return problem === undefined ? [] : [`taskRoutes ${shown(pattern)} ${problem}`];
}

function queueOf(pattern: string | RegExp, route: TaskRoute): RoutedQueue[] {
  const queue = typeof route === 'string' ? route : route.queue;
  return typeof queue === 'string' ? [{ where: `taskRoutes ${shown(pattern)}`, queue }] : [];
}

function isList(routes: TaskRoutes): routes is readonly Router[] {
  return Array.isArray(routes) && !isPair(routes[0]);
}

function isTableOfPairs(table: RouteTable): table is Extract<RouteTable, readonly unknown[]> {
  return Array.isArray(table);
}

function isPair(entry: unknown): entry is readonly [pattern: string | RegExp, route: unknown] {
  return Array.isArray(entry) && entry.length === 2 && (typeof entry[0] === 'string' || entry[0] instanceof RegExp);
}

function isPriority(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 9;
}

/** A `Map` or a `Set` has entries that no property shows. */
function isOtherIterable(value: object): boolean {
  return !Array.isArray(value) && Symbol.iterator in value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isNothing(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function shown(pattern: string | RegExp): string {
  return typeof pattern === 'string' ? `'${pattern}'` : String(pattern);
}

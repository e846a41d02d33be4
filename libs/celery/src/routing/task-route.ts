/** What a route says of a task: the options it would be sent with, where the call and the task itself say nothing. */
export interface RouteOptions {
  /** Celery name of the queue. */
  readonly queue?: string | undefined;
  /** 0–9. */
  readonly priority?: number | undefined;
}

/** Where tasks go: the name of a queue, or options. */
export type TaskRoute = string | RouteOptions;

/**
 * Routes by task: names, patterns with `*` (then `?`, `[a-z]` and `[!a-z]` count as well), and in a list of pairs regular
 * expressions, which must match from the start of the name.
 */
export type RouteTable =
  Readonly<Record<string, TaskRoute>> | readonly (readonly [pattern: string | RegExp, route: TaskRoute])[];

/** Decides by the call itself; undefined or null leaves it to the next router. `options` are those the call was given. */
export type RouteFunction = (
  name: string,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
  options: RouteOptions,
) => TaskRoute | null | undefined;

/** Celery's `task_routes`: a router, or a list of which the first that has a route decides. */
export type TaskRoutes = RouteTable | RouteFunction | readonly (RouteTable | RouteFunction)[];

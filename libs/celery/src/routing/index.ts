export { checkPredefinedQueue } from './predefined-queue.js';
export { canonicalQueueName, isFifoName, sqsNameProblem } from './queue-name.js';
export { routedQueues, routesByName, taskRouteProblems, type RoutedQueue } from './route-problems.js';
export type { RouteFunction, RouteOptions, RouteTable, TaskRoute, TaskRoutes } from './task-route.js';
export { routeLookup, type RouteLookup, type Routed, type RoutedCall } from './task-routes.js';

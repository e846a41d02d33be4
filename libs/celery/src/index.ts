/**
 * The protocol of Celery on SQS and the ports of the layers above: pure functions and types, without I/O.
 *
 * @module
 */
export * from './canvas/index.js';
export * from './define-task/index.js';
export * from './errors/index.js';
export * from './message/index.js';
export * from './ports/index.js';
export type { PublishOptions, TaskPublisher } from './ports/task-publisher.js';
export * from './results/index.js';
export * from './routing/index.js';
export * from './saferepr/index.js';
export * from './serialization/index.js';
export * from './states/index.js';

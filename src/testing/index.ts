/**
 * For tests and development: SQS in this process, a clock that is turned by hand, and a kit that puts an application on both.
 *
 * @module
 */
export * from '#sqs-local';
export { createTaskRequest, type TaskRequestOptions } from './create-task-request.js';
export type { RunTaskOptions } from './run-task.js';
export type { SentTask } from './sent-tasks.js';
export { SqsCeleryTesting } from './sqs-celery-testing.js';
export type { SpiedState, SpiedTask } from './task-states.js';
export type { TaskSpy, WaitForOptions } from './task-spy.js';
export type { AttachOptions, DrainOptions, SqsCeleryTestingOptions, TestingBuilder } from './testing-options.js';

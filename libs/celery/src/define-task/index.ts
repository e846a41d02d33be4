export {
  defineTask,
  type TaskArgs,
  type TaskDefaults,
  type TaskDefinition,
  type TaskKwargs,
  type TaskResult,
  type TaskShape,
} from './define-task.js';

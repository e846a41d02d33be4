import { readSignature, type TaskMessage } from '#celery';
import { resolveTaskOptions } from '../task-options.js';
import { bindCall, listOf, type Callee } from './bind-call.js';
import type { BuiltInDeps, BuiltInTask } from './built-in-task.js';
import { callTask, type TaskFinder } from './call-task.js';

type Parameter = 'task' | 'it';

/** The arguments of the call that is made for an item. */
type ArgsOf = (item: unknown) => readonly unknown[];

type Deps = Pick<BuiltInDeps, 'taskDefaults'>;

/** `celery.map`: calls a task with each item. */
export function xmap(tasks: TaskFinder, deps: Deps): BuiltInTask {
  return mapping('celery.map', 'xmap', (item) => [item], tasks, deps);
}

/** `celery.starmap`: calls a task with the arguments in each item. */
export function xstarmap(tasks: TaskFinder, deps: Deps): BuiltInTask {
  return mapping('celery.starmap', 'xstarmap', (item) => listOf(item, 'argument after *'), tasks, deps);
}

function mapping(name: string, callee: string, argsOf: ArgsOf, tasks: TaskFinder, { taskDefaults }: Deps): BuiltInTask {
  const parameters: Callee<Parameter> = { name: callee, parameters: ['task', 'it'], required: 2 };
  return {
    name,
    options: resolveTaskOptions({}, taskDefaults),
    needs: calledTask,
    run: async (request) => {
      const { task, it } = bindCall(parameters, request).values;
      const called = nameOf(task);
      if (called === undefined) throw new TypeError(`${callee}(): task must be a signature or the name of a task`);
      const results: unknown[] = [];
      for (const item of listOf(it, 'it')) results.push(await callTask(tasks, called, argsOf(item), request));
      return results;
    },
  };
}

/** The task that a message calls, if it says so. */
function calledTask({ args, kwargs }: TaskMessage): readonly string[] {
  const name = nameOf(args[0] ?? kwargs['task']);
  return name === undefined ? [] : [name];
}

/** Arguments and options of the signature are not looked at: Celery calls its task. */
function nameOf(task: unknown): string | undefined {
  return typeof task === 'string' ? task : readSignature(task)?.task;
}

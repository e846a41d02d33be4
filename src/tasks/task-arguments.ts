import type { ParamData } from '@nestjs/common';
import { toPlain } from '#celery';
import type { TaskRequest } from '#worker';
import { bindArguments, isRequired, type BindableParameter, type BoundArguments } from './bind-arguments.js';
import { wantsPlainValues } from './plain-arguments.js';
import type { TaskMethod } from './task-explorer.js';
import type { TaskMetadata } from './task-metadata.js';

interface PlannedParameter extends BindableParameter {
  /** Whether the parameter's type asks for plain values. */
  readonly plain: boolean;
}

/** How one handler takes its arguments; made once. */
export interface ArgumentPlan {
  readonly name: string;
  readonly parameters: readonly PlannedParameter[];
}

/** Makes the plan of one `@Task` on a method. */
export function argumentPlan({ method, parameters, types }: TaskMethod, task: TaskMetadata): ArgumentPlan {
  return {
    name: method,
    parameters: parameters.map((parameter) => ({
      kind: parameter.kind,
      data: parameter.data,
      required: isRequired(parameter, task),
      plain: wantsPlainValues(types?.[parameter.index], parameter.schema !== undefined),
    })),
  };
}

/** Gives Nest the value of each parameter: its `ParamsFactory`. */
export class TaskArguments {
  readonly #bound = new WeakMap<TaskRequest, BoundArguments>();

  /**
   * Binds the arguments of a task that is about to run.
   * @throws TypeError in Python's words where they do not fit
   */
  bind(plan: ArgumentPlan, request: TaskRequest): void {
    const bound = bindArguments(plan, request.args, request.kwargs);
    // A handler without parameters asks for none of them.
    if (plan.parameters.length === 0) return;
    for (const { data, plain } of plan.parameters) {
      if (plain && bound.has(data)) bound.set(data, toPlain(bound.get(data)));
    }
    this.#bound.set(request, bound);
  }

  exchangeKeyForValue(_type: number, data: ParamData, [request]: readonly TaskRequest[]): unknown {
    if (request === undefined || typeof data === 'object') return undefined;
    return this.#bound.get(request)?.get(data);
  }
}

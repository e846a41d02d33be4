import { describe, expect, expectTypeOf, it } from 'vitest';
import { InvalidTaskError } from '../errors/task-errors.js';
import {
  defineTask,
  type TaskArgs,
  type TaskDefinition,
  type TaskKwargs,
  type TaskResult,
  type TaskShape,
} from './define-task.js';

interface Receipt {
  total: number;
}

interface ShipOptions {
  express?: boolean;
}

const ship = defineTask<{ args: [order: string, times?: number]; kwargs: { express?: boolean }; result: Receipt }>(
  'ship',
);
const byInterface = defineTask<{ kwargs: ShipOptions }>('by_interface');
const onlyResult = defineTask<{ result: number }>('only_result');
const untyped = defineTask('untyped');

describe('defineTask', () => {
  it('keeps the name and the defaults, unchangeable', () => {
    const definition = defineTask('reports.build', { queue: 'reports', timeLimit: 60 });
    expect(definition).toEqual({ name: 'reports.build', defaults: { queue: 'reports', timeLimit: 60 } });
    expect(Object.isFrozen(definition) && Object.isFrozen(definition.defaults)).toBe(true);
    expect(untyped.defaults).toEqual({});
  });

  it('refuses a task without a name', () => {
    expect(() => defineTask('')).toThrow(InvalidTaskError);
    // @ts-expect-error a name is a string
    expect(() => defineTask(undefined)).toThrow(InvalidTaskError);
  });

  it('types the arguments', () => {
    expectTypeOf<TaskArgs<typeof ship>>().toEqualTypeOf<[order: string, times?: number]>();
    expectTypeOf<TaskArgs<typeof onlyResult>>().toEqualTypeOf<readonly []>();
    expectTypeOf<TaskArgs<typeof untyped>>().toEqualTypeOf<readonly unknown[]>();
    expectTypeOf<TaskArgs<string>>().toEqualTypeOf<readonly unknown[]>();
  });

  it('types the keyword arguments', () => {
    expectTypeOf<TaskKwargs<typeof ship>>().toEqualTypeOf<{ express?: boolean }>();
    expectTypeOf<TaskKwargs<typeof byInterface>>().toEqualTypeOf<ShipOptions>();
    expectTypeOf<TaskKwargs<typeof onlyResult>>().toEqualTypeOf<Record<string, never>>();
    expectTypeOf<TaskKwargs<typeof untyped>>().toEqualTypeOf<Readonly<Record<string, unknown>>>();
  });

  it('types the result', () => {
    expectTypeOf<TaskResult<typeof ship>>().toEqualTypeOf<Receipt>();
    expectTypeOf<TaskResult<typeof byInterface>>().toEqualTypeOf<unknown>();
    expectTypeOf<TaskResult<typeof untyped>>().toEqualTypeOf<unknown>();
  });

  it('lets every definition pass where any is wanted, and keeps different ones apart', () => {
    expectTypeOf(ship).toExtend<TaskDefinition>();
    expectTypeOf(byInterface).toExtend<TaskDefinition<TaskShape>>();
    // @ts-expect-error other arguments are another task
    const other: TaskDefinition<{ args: [number] }> = ship;
    expect(other.name).toBe('ship');
  });

  it('checks a call', () => {
    const call = <Task>(_task: Task, args: TaskArgs<Task>, kwargs?: TaskKwargs<Task>): unknown[] => [args, kwargs];
    expect(call(ship, ['o-1', 2], { express: true })).toHaveLength(2);
    expect(call('any.name', [1, 'two'], { three: 3 })).toHaveLength(2);
    // @ts-expect-error the order is a string
    call(ship, [1]);
    // @ts-expect-error an unknown keyword argument
    call(ship, ['o-1'], { slow: true });
    // @ts-expect-error takes no arguments
    call(onlyResult, [1]);
  });
});

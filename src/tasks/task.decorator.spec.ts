import 'reflect-metadata';
import { ParseIntPipe } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { defineTask } from '#celery';
import { Arg, Args, Kwarg, Kwargs } from './parameter.decorators.js';
import { TaskContext } from './task-context.decorator.js';
import { Task } from './task.decorator.js';
import { taskMetadata } from './task-metadata.accessor.js';

class Base {
  @Task('base', { maxRetries: 1 })
  run(_first: number, @Arg('second') _second: number, _third: number = 1): void {}
}

class Narrower extends Base {
  @Task('narrower')
  override run(@Kwarg('only') _only: number): void {}
}

class Inheriting extends Base {}

const kinds = (prototype: object, method = 'run'): unknown[] =>
  taskMetadata.parameters(prototype, method).map(({ index, kind, data }) => [index, kind, data]);

describe('@Task', () => {
  it('makes parameters without a decorator positional, by their rank', () => {
    expect(kinds(Base.prototype)).toEqual([
      [0, 'positional', 0],
      [1, 'arg', 'second'],
      [2, 'positional', 2],
    ]);
    expect(taskMetadata.tasks(Base.prototype, 'run')).toMatchObject([{ name: 'base', required: 2, rest: false }]);
  });

  it('is inherited, and replaced by the @Task of an overriding method', () => {
    expect(kinds(Inheriting.prototype)).toEqual(kinds(Base.prototype));
    expect(kinds(Narrower.prototype)).toEqual([[0, 'kwarg', 'only']]);
    expect(taskMetadata.tasks(Narrower.prototype, 'run').map(({ name }) => name)).toEqual(['narrower']);
    expect(taskMetadata.tasks(Base.prototype, 'run').map(({ name }) => name)).toEqual(['base']);
  });

  it('leaves parameters of other decorators out of the ranks', () => {
    class Mixed {
      @Task('mixed')
      run(
        @TaskContext() _task: unknown,
        _first: number,
        @Kwarg('key') _key: number,
        _second: number,
        @Args() _rest: unknown[],
        @Kwargs() _others: object,
      ): void {}
    }
    expect(kinds(Mixed.prototype)).toEqual([
      [1, 'positional', 0],
      [2, 'kwarg', 'key'],
      [3, 'positional', 1],
      [4, 'args', '*'],
      [5, 'kwargs', '**'],
    ]);
  });

  it('takes pipes and options of parameters in any order', () => {
    class Piped {
      @Task('piped')
      run(
        @Arg('a', ParseIntPipe) _a: number,
        @Arg('b', { pipes: [ParseIntPipe], optional: true }) _b: number,
        @Kwarg('c', { optional: true }, new ParseIntPipe()) _c: number,
      ): void {}
    }
    expect(taskMetadata.parameters(Piped.prototype, 'run')).toMatchObject([
      { pipes: [ParseIntPipe], optional: false },
      { pipes: [ParseIntPipe], optional: true },
      { pipes: [expect.any(ParseIntPipe)], optional: true },
    ]);
  });

  it('takes over the defaults of a definition, under its own options', () => {
    const definition = defineTask('defined', { queue: 'q', timeLimit: 5, priority: 3 });
    class Defined {
      @Task(definition, { timeLimit: 7 })
      run(): void {}
    }
    expect(taskMetadata.tasks(Defined.prototype, 'run')).toMatchObject([
      { name: 'defined', options: { queue: 'q', timeLimit: 7 } },
    ]);
  });

  it('keeps the connection apart from the options of the task', () => {
    class Connected {
      @Task('here', { maxRetries: 1 })
      @Task('there', { connection: 'eu', maxRetries: 2 })
      run(): void {}
    }
    expect(taskMetadata.tasks(Connected.prototype, 'run')).toMatchObject([
      { name: 'there', connection: 'eu', options: { maxRetries: 2 } },
      { name: 'here', connection: 'default', options: { maxRetries: 1 } },
    ]);
    expect(taskMetadata.tasks(Connected.prototype, 'run')[0]?.options).not.toHaveProperty('connection');
  });

  it('refuses what cannot be found again', () => {
    const symbol = Symbol('run');
    expect(() => {
      class Static {
        @Task('static')
        static run(): void {}
      }
      return Static;
    }).toThrow(/only decorate methods/);
    expect(() => {
      class Named {
        @Task('symbol')
        [symbol](): void {}
      }
      return Named;
    }).toThrow(/not Symbol\(run\)/);
  });
});

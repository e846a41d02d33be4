import { DefaultValuePipe } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { bindArguments, isRequired, type BindableParameter } from './bind-arguments.js';

const positional = (data: number, required = true): BindableParameter => ({ kind: 'positional', data, required });
const arg = (data: string, required = true): BindableParameter => ({ kind: 'arg', data, required });
const kwarg = (data: string, required = true): BindableParameter => ({ kind: 'kwarg', data, required });
const args: BindableParameter = { kind: 'args', data: '*', required: true };
const kwargs: BindableParameter = { kind: 'kwargs', data: '**', required: true };

function bind(parameters: BindableParameter[], given: unknown[] = [], named: Record<string, unknown> = {}) {
  return Object.fromEntries(bindArguments({ name: 'f', parameters }, given, named));
}

describe('bindArguments', () => {
  it('binds by position and by keyword', () => {
    expect(bind([positional(0), arg('b'), kwarg('c')], [1, 2], { c: 3 })).toEqual({ 0: 1, b: 2, c: 3 });
    expect(bind([positional(0), arg('b'), kwarg('c')], [1], { c: 3, b: 2 })).toEqual({ 0: 1, b: 2, c: 3 });
  });

  it('takes null for a value and leaves out what has a default', () => {
    expect(bind([positional(0), arg('b', false), kwarg('c', false)], [null])).toEqual({ 0: null });
  });

  it('collects what is left', () => {
    expect(bind([positional(0), args, kwargs], [1, 2, 3], { x: 4 })).toEqual({ 0: 1, '*': [2, 3], '**': { x: 4 } });
    expect(bind([args, kwargs])).toEqual({ '*': [], '**': {} });
  });

  it('keeps __proto__ a key', () => {
    const collected = bind([kwargs], [], JSON.parse('{"__proto__": {"polluted": true}}') as Record<string, unknown>);
    expect(Object.keys(collected['**'] as object)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(collected['**'])).toBe(Object.prototype);
  });

  // Each sentence is what CPython 3.11 says of the same call.
  it.each([
    [[], [1], {}, 'f() takes 0 positional arguments but 1 was given'],
    [[arg('a')], [1, 2], {}, 'f() takes 1 positional argument but 2 were given'],
    [[arg('a'), arg('b', false)], [1, 2, 3], {}, 'f() takes from 1 to 2 positional arguments but 3 were given'],
    [[arg('a', false)], [1, 2], {}, 'f() takes from 0 to 1 positional arguments but 2 were given'],
    [
      [arg('a'), kwarg('k')],
      [1, 2],
      { k: 1 },
      'f() takes 1 positional argument but 2 positional arguments (and 1 keyword-only argument) were given',
    ],
    [[arg('a')], [], {}, "f() missing 1 required positional argument: 'a'"],
    [[arg('a'), arg('b')], [], {}, "f() missing 2 required positional arguments: 'a' and 'b'"],
    [[arg('a'), arg('b'), arg('c')], [], {}, "f() missing 3 required positional arguments: 'a', 'b', and 'c'"],
    [[kwarg('k')], [], {}, "f() missing 1 required keyword-only argument: 'k'"],
    [[kwarg('k'), kwarg('l')], [], {}, "f() missing 2 required keyword-only arguments: 'k' and 'l'"],
    [[arg('a')], [1], { x: 1 }, "f() got an unexpected keyword argument 'x'"],
    [[arg('a')], [1], { a: 1 }, "f() got multiple values for argument 'a'"],
    [[arg('a')], [1, 2], { x: 1 }, "f() got an unexpected keyword argument 'x'"],
    [[positional(0), positional(1)], [1], {}, "f() missing 1 required positional argument: '#2'"],
  ] as [BindableParameter[], unknown[], Record<string, unknown>, string][])(
    '%#: refuses as Python does',
    (parameters, given, named, message) => {
      expect(() => bind(parameters, given, named)).toThrow(new TypeError(message));
    },
  );
});

describe('isRequired', () => {
  const task = { name: 't', options: {}, connection: 'default', required: 1, rest: false };
  const parameter = { kind: 'arg', data: 'a', pipes: [], optional: false } as const;

  it('is what stands before the first default value and says nothing else', () => {
    expect(isRequired({ ...parameter, index: 0 }, task)).toBe(true);
    expect(isRequired({ ...parameter, index: 1 }, task)).toBe(false);
    expect(isRequired({ ...parameter, index: 0, optional: true }, task)).toBe(false);
    expect(isRequired({ ...parameter, index: 0, pipes: [new DefaultValuePipe(1)] }, task)).toBe(false);
  });
});

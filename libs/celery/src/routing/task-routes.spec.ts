import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globToRegExp } from './glob.js';
import { routedQueues, taskRouteProblems } from './route-problems.js';
import type { RouteOptions, TaskRoutes } from './task-route.js';
import { routeLookup } from './task-routes.js';

interface Vectors {
  readonly routes: readonly {
    readonly title: string;
    readonly routes: unknown;
    readonly name: string;
    readonly options: { readonly queue?: string | null; readonly priority?: number | null };
    /** What Celery sends the task with. */
    readonly route: { readonly queue: string | null; readonly priority: number | null };
  }[];
  readonly globs: readonly (readonly [glob: string, text: string, matches: boolean])[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../../test/vectors/tables/task_routes.json', import.meta.url), 'utf8'),
) as Vectors;

/** Python's compiled expressions are objects in the vectors. */
function revived(routes: unknown): unknown {
  if (Array.isArray(routes)) return routes.map(revived);
  if (typeof routes !== 'object' || routes === null) return routes ?? undefined;
  if ('$regex' in routes) return new RegExp(String(routes.$regex));
  return Object.fromEntries(Object.entries(routes).map(([key, value]) => [key, revived(value)]));
}

const call = (name: string, options: RouteOptions = {}) => ({ name, args: [], kwargs: {}, ...options });

describe('routeLookup', () => {
  it.each([...new Set(vectors.routes.map(({ title }) => title))])('routes as Celery: %s', (title) => {
    for (const { routes, name, options, route } of vectors.routes.filter((row) => row.title === title)) {
      const found = routeLookup(revived(routes) as TaskRoutes | undefined)(call(name));
      expect({
        // Celery leaves the default queue to the sending itself where a route has everything but a queue.
        queue: options.queue ?? found?.queue ?? (found && Object.keys(found).length > 0 ? null : 'celery'),
        priority: options.priority ?? found?.priority ?? null,
      }).toEqual(route);
    }
  });

  it('takes a list of pairs for one table', () => {
    const lookup = routeLookup([
      [/^(b|c)\./g, 'one'],
      ['a.*', { queue: 'two', priority: 3 }],
    ]);
    expect(['b.x', 'c.x', 'a.x', 'd.x'].map((name) => lookup(call(name))?.queue)).toEqual([
      'one',
      'one',
      'two',
      undefined,
    ]);
    // An expression with the flag g remembers where it was.
    expect(lookup(call('b.x'))).toEqual({ queue: 'one' });
  });

  it('asks functions for each call, and goes on where they have no route', () => {
    const lookup = routeLookup([
      (name, [tenant], { urgent }, { priority }) =>
        urgent ? 'urgent' : tenant === 7 ? { queue: `${name}-7`, priority: (priority ?? 0) + 1 } : null,
      { '*': 'others' },
    ]);
    expect(lookup({ name: 'ship', args: [], kwargs: { urgent: true } })).toEqual({ queue: 'urgent' });
    expect(lookup({ name: 'ship', args: [7], kwargs: {}, priority: 2 })).toEqual({ queue: 'ship-7', priority: 3 });
    expect(lookup(call('ship'))).toEqual({ queue: 'others' });
  });

  it.each([5, '', { exchange: 'x' }, { queue: '' }, ['a']])('refuses %j for an answer', (answer) => {
    const lookup = routeLookup((() => answer) as never);
    expect(() => lookup(call('ship'))).toThrow(/taskRoutes answered for task 'ship' what is no route/);
  });
});

describe('globToRegExp', () => {
  it('reads patterns as Python does', () => {
    const differing = vectors.globs.filter(([glob, text, matches]) => globToRegExp(glob).test(text) !== matches);
    expect(differing).toEqual([]);
  });

  it('takes any pattern', () => {
    const takes = fc.property(fc.string({ unit: 'binary' }), (glob) => globToRegExp(glob) instanceof RegExp);
    expect(() => fc.assert(takes)).not.toThrow();
  });

  it('finds what stands between its stars', () => {
    const plain = fc.string({ unit: 'binary' }).map((text) => text.replaceAll(/[*?[]/g, ''));
    const finds = fc.property(plain, (text) => globToRegExp(`*${text}*`).test(`<${text}>`));
    expect(() => fc.assert(finds)).not.toThrow();
  });

  it('does not try every combination of many stars', () => {
    expect(globToRegExp(`${'a*'.repeat(50)}b`).test('a'.repeat(20_000))).toBe(false);
  });
});

describe('taskRouteProblems', () => {
  it.each<unknown>([
    undefined,
    {},
    [],
    () => null,
    { 'a.*': 'one', b: { queue: 'two', priority: 9 }, c: {} },
    [[/a/, 'one']],
    [{ a: 'one' }, [['b', 'two']], () => 'three'],
  ])('accepts %j', (routes) => expect(taskRouteProblems(routes)).toEqual([]));

  it.each<[unknown, RegExp]>([
    ['one', /^taskRoutes must be an object/],
    [null, /^taskRoutes must be an object/],
    [{ a: 5 }, /^taskRoutes 'a' must be the name of a queue/],
    [{ a: { queue: 'x', routing_key: 'y' } }, /^taskRoutes 'a' has 'routing_key'.*no exchanges/],
    [{ a: { queue: 5 } }, /^taskRoutes 'a' has a queue that is no name/],
    [[[/^a/, { priority: 10 }]], /^taskRoutes \/\^a\/ has a priority/],
    [[['a', 'one'], 'b'], /no pair/],
    [['a'], /neither an object/],
    [new Map([['a', 'one']]), /neither an object/],
  ])('refuses %j', (routes, problem) => {
    expect(taskRouteProblems(routes)).toEqual([expect.stringMatching(problem)]);
  });
});

it('knows the queues of tables', () => {
  expect(routedQueues([{ a: 'one', b: { queue: 'two' }, c: { priority: 1 } }, () => 'three', [[/x/, 'four']]])).toEqual(
    [
      { where: "taskRoutes 'a'", queue: 'one' },
      { where: "taskRoutes 'b'", queue: 'two' },
      { where: 'taskRoutes /x/', queue: 'four' },
    ],
  );
});

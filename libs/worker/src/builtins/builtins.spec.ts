import { map } from '#celery';
import { MemoryResultStore } from '#backends';
import { describe, expect, it } from 'vitest';
import { Bench, body } from '../worker.test-support.js';

type Spec = Parameters<typeof body>[0];

async function resultOf(spec: Spec) {
  const results = new MemoryResultStore();
  await new Bench({ stores: { results } }).handle({ body: body({ id: 'task-1', ...spec }) });
  return results.get('task-1');
}

describe('celery.accumulate', () => {
  const accumulate = (kwargs: Record<string, unknown>) =>
    resultOf({ task: 'celery.accumulate', args: ['a', 'b', 'c'], kwargs });

  it.each([
    [{}, ['a', 'b', 'c']],
    [{ index: null }, ['a', 'b', 'c']],
    [{ index: 0, other: 1 }, 'a'],
    [{ index: -1 }, 'c'],
  ])('%j', async (kwargs, result) => {
    expect(await accumulate(kwargs)).toMatchObject({ status: 'SUCCESS', result });
  });

  it.each([
    [3, 'IndexError'],
    [-4, 'IndexError'],
    ['a', 'TypeError'],
  ])('fails with the index %j', async (index, excType) => {
    expect(await accumulate({ index })).toMatchObject({ status: 'FAILURE', result: { excType } });
  });
});

it('celery.backend_cleanup has nothing to do', async () => {
  expect(await resultOf({ task: 'celery.backend_cleanup' })).toMatchObject({ status: 'SUCCESS', result: null });
});

it('celery.ping answers', async () => {
  expect(await resultOf({ task: 'celery.ping' })).toMatchObject({ status: 'SUCCESS', result: 'pong' });
});

it('a task of the application wins over the built-in one of its name', async () => {
  const results = new MemoryResultStore();
  const bench = new Bench({ stores: { results } }).task('celery.map', () => 'own');
  const { kwargs } = map('unknown', [1]);
  await bench.handle({ body: body({ task: 'celery.map', kwargs, id: 'task-1' }) });
  expect(await results.get('task-1')).toMatchObject({ result: 'own' });
});

it('built-in tasks are not among the names of the application', () => {
  const { registry } = new Bench();
  expect(registry.names()).toEqual([]);
});

describe('the application-wide options of tasks', () => {
  const mapped = body({ task: 'celery.map', kwargs: map('do', [1]).kwargs });

  it('hold for built-in ones', async () => {
    const bench = new Bench({ options: { taskDefaults: { acksLate: false } } });
    await bench.task('do', () => bench.actions.push('run')).handle({ body: mapped });
    expect(bench.actions.slice(0, 2)).toEqual(['acknowledge', 'run']);
  });

  it('may retry a mapping as a whole', async () => {
    const bench = new Bench({ options: { taskDefaults: { autoretryFor: [RangeError] } } });
    await bench.task('do', () => Promise.reject(new RangeError())).handle({ body: mapped });
    expect(bench.sender.published.map(({ message: { headers } }) => [headers.task, headers.retries])).toEqual([
      ['celery.map', 1],
    ]);
  });
});

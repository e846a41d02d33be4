import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineTask } from '../define-task/define-task.js';
import { InvalidTaskError } from '../errors/task-errors.js';
import { withOptions } from './changes.js';
import { readSignature } from './signature-json.js';
import { signature } from './signature.js';

const table = JSON.parse(
  readFileSync(new URL('../../../../test/vectors/tables/signatures.json', import.meta.url), 'utf8'),
) as Record<string, unknown>;

describe('signature', () => {
  it("writes Celery's JSON", () => {
    expect(signature('proj.tasks.add', { args: [1, 2] })).toEqual(table['simple']);
    expect(signature('proj.tasks.add', { args: [1, 2], immutable: true })).toEqual(table['immutable']);
    expect(
      signature('proj.tasks.add', { args: [1], kwargs: { kw: 2 }, queue: 'q', countdown: 5, priority: 3 }),
    ).toEqual(table['options']);
  });

  it("takes a definition's name, types and defaults", () => {
    const add = defineTask<{ args: [number, number] }>('add', { queue: 'sums', timeLimit: 5 });
    expect(signature(add, { args: [1], timeLimit: 9 })).toMatchObject({
      task: 'add',
      args: [1],
      options: { queue: 'sums', time_limit: 9 },
    });
  });

  it("translates options to Celery's names", () => {
    const link = signature('next');
    expect(
      signature('first', {
        taskId: 'id-1',
        eta: new Date(0),
        expires: '2030-01-01T00:00:00',
        softTimeLimit: 3,
        ignoreResult: true,
        link,
        linkError: [link, link],
        groupId: 'g',
        deduplicationId: 'd',
        shadow: undefined as never,
      }).options,
    ).toEqual({
      task_id: 'id-1',
      eta: '1970-01-01T00:00:00+00:00',
      expires: '2030-01-01T00:00:00',
      soft_time_limit: 3,
      ignore_result: true,
      link: [link],
      link_error: [link, link],
      MessageGroupId: 'g',
      MessageDeduplicationId: 'd',
    });
  });

  it('refuses what is none', () => {
    expect(() => signature('')).toThrow(InvalidTaskError);
    expect(() => signature('a', { args: 'text' as never })).toThrow(/args must be an array/);
    expect(() => signature('a', { retries: 3 } as never)).toThrow(/unknown option 'retries'/);
  });

  it.each(['countdown', 'expires', 'priority', 'timeLimit'])('refuses a %s that is no finite number', (name) => {
    expect(() => signature('a', { [name]: NaN })).toThrow(/signature of 'a': .* must be a finite number, got NaN/);
    expect(() => withOptions(signature('a'), { [name]: Infinity })).toThrow(InvalidTaskError);
  });
});

describe('readSignature', () => {
  it.each(Object.entries(table).filter(([, value]) => readSignature(value) !== undefined))(
    'reads %s as it is',
    (_, value) => {
      expect(readSignature(value)).toEqual(value);
    },
  );

  it('reads every shape Celery has', () => {
    const shapes = ['simple', 'immutable', 'options', 'chain', 'group', 'chord'];
    expect(shapes.filter((name) => readSignature(table[name]) === undefined)).toEqual([]);
  });

  it('fills what is absent and tolerates what is old', () => {
    expect(readSignature({ task: 'a', options: null, chord_size: 3 })).toEqual({
      task: 'a',
      args: [],
      kwargs: {},
      options: {},
      subtask_type: null,
      immutable: false,
      chord_size: 3,
    });
  });

  it.each([null, 'a', 1, [], {}, { task: '' }, { task: 1 }, { task: 'a', args: {} }, { task: 'a', kwargs: [] }])(
    'refuses %o',
    (value) => {
      expect(readSignature(value)).toBeUndefined();
    },
  );

  it('never throws', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(() => readSignature(value)).not.toThrow();
      }),
    );
  });
});

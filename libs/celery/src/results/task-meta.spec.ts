import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError, EncodeError } from '../errors/index.js';
import type { ResultTuple, TaskMeta } from '../ports/index.js';
import { Float } from '../serialization/index.js';
import { decodeGroupMeta, decodeTaskMeta, encodeGroupMeta, encodeTaskMeta, resultKeys } from './index.js';

type Stored = { value: string; key?: string };

function vectors(file: string): Record<string, unknown> {
  return JSON.parse(
    readFileSync(new URL(`../../../../test/vectors/results/${file}`, import.meta.url), 'utf8'),
  ) as Record<string, unknown>;
}

/** Every text that real Celery stored for a task or a group, with its key. */
function stored(): [name: string, text: string][] {
  const redis = Object.entries(vectors('redis.json')).flatMap(([name, one]): [string, string][] =>
    typeof one === 'object' && one !== null && 'value' in one ? [[name, (one as Stored).value]] : [],
  );
  const files = Object.entries(vectors('filesystem.json')['files'] as Record<string, string>);
  const puts = (
    vectors('dynamodb_calls.json')['calls'] as [string, { Item?: { id: { S: string }; result?: { B: string } } }][]
  ).flatMap(([, { Item }]): [string, string][] => (Item?.result ? [[Item.id.S, Item.result.B]] : []));
  return [...redis, ...files, ...puts];
}

const meta: TaskMeta = {
  taskId: 'id-1',
  status: 'SUCCESS',
  result: 3,
  traceback: null,
  children: [],
  dateDone: '2026-11-22T06:05:13.251323+00:00',
};

describe('the record of a task', () => {
  it.each(stored())('of Celery (%s) is read and written as Celery wrote it', (_name, text) => {
    const { task_id: id, result } = JSON.parse(text) as { task_id?: string; result: unknown };
    const again =
      id === undefined
        ? encodeGroupMeta(decodeGroupMeta(text, 'grp'))
        : encodeTaskMeta(decodeTaskMeta(text, 'another id'));
    expect(result).toBeDefined();
    expect(again).toBe(JSON.stringify(JSON.parse(text)));
  });

  it('covers the vectors of every backend', () => {
    expect(stored().length).toBeGreaterThanOrEqual(19);
  });

  it('reads every field', () => {
    const text = (vectors('redis.json')['SUCCESS_extended'] as Stored).value;
    expect(decodeTaskMeta(text, 'x')).toEqual({
      taskId: 'id-ext',
      status: 'SUCCESS',
      result: 3,
      traceback: null,
      children: [],
      dateDone: '2026-11-22T06:05:13.253416+00:00',
      groupId: 'g1',
      parentId: 'p1',
      extended: {
        name: 'proj.tasks.add',
        args: [1, 2],
        kwargs: {},
        worker: 'w1@host',
        retries: 1,
        queue: 'celery',
        stampedHeaders: ['tenant'],
        stamps: { tenant: 'acme' },
      },
    });
  });

  it('writes undefined as null, and absent ids not at all', () => {
    expect(encodeTaskMeta({ ...meta, result: undefined, children: null })).toBe(
      '{"status":"SUCCESS","result":null,"traceback":null,"children":null,' +
        '"date_done":"2026-11-22T06:05:13.251323+00:00","task_id":"id-1"}',
    );
  });

  it('keeps types and numbers', () => {
    const result = { at: new Date(0), whole: new Float(1), big: 2n ** 64n };
    const text = encodeTaskMeta({ ...meta, result });
    expect(text).toContain('"result":{"at":{"__type__":"datetime"');
    expect(decodeTaskMeta(text, 'id-1').result).toMatchObject({ whole: new Float(1), big: 2n ** 64n });
  });

  it('says where a result cannot be written, not what it is', () => {
    const write = () => encodeTaskMeta({ ...meta, result: { secret: new Map([['password', 1]]) } });
    expect(write).toThrow(EncodeError);
    expect(write).toThrow(/\$\.result\.secret/);
  });

  it.each(['RETRY', 'FAILURE', 'REVOKED'])('refuses a result of %s that Python could not read', (status) => {
    expect(() => encodeTaskMeta({ ...meta, status, result: 'boom' })).toThrow(/id-1 .* ExceptionInfo or null/);
    expect(JSON.parse(encodeTaskMeta({ ...meta, status, result: null }))).toMatchObject({ status, result: null });
  });

  it('writes the repr of an argument that has no JSON form', () => {
    const result = { excType: 'Odd', excMessage: [new Set([1]), 'plain'], excModule: 'm' };
    const record = JSON.parse(encodeTaskMeta({ ...meta, status: 'FAILURE', result })) as {
      result: { exc_message: unknown[] };
    };
    expect(record.result.exc_message[0]).toEqual(expect.any(String));
    expect(record.result.exc_message[1]).toBe('plain');
  });

  it('leaves out a stamp that is called like another key, and those that are not stamped headers', () => {
    const extended = {
      name: 't',
      args: [],
      kwargs: {},
      worker: 'w',
      retries: 0,
      queue: 'q',
      stampedHeaders: ['status', 'task_id', 'tenant', '__proto__'],
      stamps: { status: 'x', task_id: 'y', tenant: 'acme', other: 1, ['__proto__']: 2 },
    };
    const text = encodeTaskMeta({ ...meta, extended });
    expect(decodeTaskMeta(text, 'x')).toMatchObject({ status: 'SUCCESS', taskId: 'id-1' });
    expect(text).toContain('"tenant":"acme","__proto__":2,"task_id":"id-1"}');
    expect(text).not.toContain('other');
  });

  it('comes back as it was', () => {
    const id = fc.string({ minLength: 1 });
    const { tuple } = fc.letrec<{ tuple: ResultTuple }>((tie) => ({
      tuple: fc.tuple(
        fc.tuple(id, fc.option(tie('tuple'), { depthSize: 'small', maxDepth: 3 })),
        fc.option(fc.array(tie('tuple'), { maxLength: 3 }), { maxDepth: 3 }),
      ) as fc.Arbitrary<ResultTuple>,
    }));
    const success = fc.record({
      taskId: id,
      status: fc.constantFrom('SUCCESS', 'STARTED', 'PROGRESS'),
      result: fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.dictionary(fc.string(), fc.boolean())),
      traceback: fc.constant(null),
      children: fc.option(fc.array(tuple, { maxLength: 3 })),
      dateDone: fc.option(fc.string()),
    });
    const failure = fc.record({
      taskId: id,
      status: fc.constantFrom('RETRY', 'FAILURE', 'REVOKED'),
      result: fc.record({ excType: id, excMessage: fc.array(fc.string()), excModule: fc.string() }),
      traceback: fc.option(fc.string()),
      children: fc.constant([]),
      dateDone: fc.constant(null),
      groupId: id,
      parentId: id,
    });
    fc.assert(
      fc.property(fc.oneof(success, failure), (one) => {
        fc.pre(!JSON.stringify(one.result).includes('__type__'));
        expect(decodeTaskMeta(encodeTaskMeta(one), 'other')).toEqual(one);
      }),
    );
  });
});

describe('what others wrote', () => {
  const read = (record: unknown) => decodeTaskMeta(JSON.stringify(record), 'asked');

  it('is read without the fields that came later', () => {
    expect(read({ status: 'SUCCESS', result: 1 })).toEqual({
      taskId: 'asked',
      status: 'SUCCESS',
      result: 1,
      traceback: null,
      children: null,
      dateDone: null,
    });
  });

  it('may have the message of an exception as text, and no module (Celery before 4.2)', () => {
    const result = { exc_type: 'ValueError', exc_message: 'boom' };
    expect(read({ status: 'FAILURE', result }).result).toEqual({
      excType: 'ValueError',
      excMessage: ['boom'],
      excModule: 'celery.backends.base',
    });
  });

  it.each(['boom', { a: 1 }, ['x']])('may have no exception at all: %j', (result) => {
    expect(read({ status: 'FAILURE', result }).result).toEqual({
      excType: 'Exception',
      excMessage: [result],
      excModule: 'builtins',
    });
  });

  it('may have bare ids for children; what is no list of results is not known', () => {
    const success = { status: 'SUCCESS', result: 1 };
    expect(read({ ...success, children: [['id', null]] }).children).toEqual([[['id', null], null]]);
    expect(read({ ...success, children: [['id', null], 7] }).children).toBeNull();
  });

  it.each(['', 'pickle', '[]', '3', '{"result":1}', '\x80\x04\x95'])(
    'that is no record (%j) is a DecodeError',
    (text) => {
      expect(() => decodeTaskMeta(text, 'id-9')).toThrow(DecodeError);
      expect(() => decodeTaskMeta(text, 'id-9')).toThrow(/id-9/);
    },
  );

  it('may have a typed date', () => {
    const dateDone = { __type__: 'datetime', __value__: '2026-11-22T06:05:13+00:00' };
    expect(read({ status: 'SUCCESS', result: 1, date_done: dateDone }).dateDone).toBe('2026-11-22T06:05:13+00:00');
  });

  it('is followed to a bounded depth', () => {
    let child: unknown = [['deep', null], null];
    for (let level = 0; level < 220; level += 1) child = [['group', null], [child]];
    expect(read({ status: 'SUCCESS', result: 1, children: [child] }).children).toBeNull();
  });
});

describe('keys', () => {
  it('are those of Celery', () => {
    const keys = resultKeys();
    expect([keys.task('x'), keys.group('x'), keys.chord('x')]).toEqual([
      'celery-task-meta-x',
      'celery-taskset-meta-x',
      'chord-unlock-x',
    ]);
  });

  it.each([
    ['myapp', 'myapp_'],
    ['myapp_', 'myapp_'],
    ['myapp:', 'myapp:'],
    ['my-', 'my-'],
    ['my.', 'my.'],
  ])('stand behind the global prefix %s', (globalKeyprefix, before) => {
    expect(resultKeys(globalKeyprefix).task('x')).toBe(`${before}celery-task-meta-x`);
    expect(resultKeys(globalKeyprefix).group('x')).toBe(`${before}celery-taskset-meta-x`);
  });

  it('need an id', () => {
    expect(() => resultKeys().task('')).toThrow(TypeError);
  });
});

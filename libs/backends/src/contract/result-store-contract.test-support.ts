import { describe, expect, it } from 'vitest';
import { DateTime, Decimal, EncodeError, Float } from '#celery';
import type { ExceptionInfo, ResultStore, TaskMeta } from '#celery/ports';
import type { ResultRetention } from '../retention.js';
import { withStore, type Body, type Open } from './store-under-test.test-support.js';

const boom: ExceptionInfo = { excType: 'ValueError', excMessage: ['boom', 42], excModule: 'builtins' };

function meta(given: Partial<TaskMeta> = {}): TaskMeta {
  return {
    taskId: 'id-1',
    status: 'SUCCESS',
    result: 3,
    traceback: null,
    children: [],
    dateDone: '2026-11-22T06:05:13.251323+00:00',
    ...given,
  };
}

const started = meta({ status: 'STARTED', result: { pid: 1, hostname: 'w@h' }, dateDone: null });
const failure = meta({ status: 'FAILURE', result: boom, traceback: 'Traceback…' });

/** What every {@link ResultStore} does. `expires`: whether results are removed by themselves. Default: they are. */
export function resultStoreContract(
  name: string,
  open: Open<ResultStore, ResultRetention>,
  { expires = true }: { readonly expires?: boolean } = {},
): void {
  const using = (body: Body<ResultStore>, options: ResultRetention = {}) => withStore(open, options, body);

  describe(`${name} as a result store`, () => {
    it(
      'knows nothing of a task that nobody stored',
      using(async ({ store }) => {
        expect(await store.get('id-1')).toBeUndefined();
      }),
    );

    it(
      'gives back what was stored',
      using(async ({ store }) => {
        const extended = { name: 't', args: [1], kwargs: { a: 'b' }, worker: 'w@h', retries: 2, queue: 'celery' };
        const all = meta({ groupId: 'g', parentId: 'p', children: [[['c', null], null]], extended });
        await store.store(all);
        expect(await store.get('id-1')).toEqual(all);
        expect(await store.get('id-2')).toBeUndefined();
      }),
    );

    it(
      'keeps types of values',
      using(async ({ store }) => {
        const result = [
          DateTime.from('2026-01-01T00:00:00.000001'),
          new Decimal('1.10'),
          new Float(2),
          2n ** 70n,
          'grün 🎉',
          '\0',
        ];
        await store.store(meta({ result }));
        expect((await store.get('id-1'))?.result).toEqual(result);
      }),
    );

    it(
      'keeps exceptions, and null in their place',
      using(async ({ store }) => {
        await store.store(failure);
        expect(await store.get('id-1')).toEqual(failure);
        await store.store(meta({ taskId: 'id-2', status: 'REVOKED', result: null }));
        expect((await store.get('id-2'))?.result).toBeNull();
      }),
    );

    it(
      'overwrites every state but SUCCESS',
      using(async ({ store }) => {
        const revoked = meta({ status: 'REVOKED', result: null });
        for (const one of [started, failure, revoked, started, meta({ status: 'PROGRESS' })]) {
          await store.store(one);
          expect(await store.get('id-1')).toEqual(one);
        }
        await store.store(meta());
        for (const one of [failure, started, meta({ result: 'another' })]) {
          await store.store(one);
          expect(await store.get('id-1')).toEqual(meta());
        }
      }),
    );

    it(
      'is not misled by a result that speaks of success',
      using(async ({ store }) => {
        const text = '{"status":"SUCCESS"}';
        await store.store(meta({ status: 'FAILURE', result: { ...boom, excMessage: [text, { status: 'SUCCESS' }] } }));
        await store.store(meta({ result: 'now' }));
        expect((await store.get('id-1'))?.result).toBe('now');
      }),
    );

    it(
      'keeps one SUCCESS of many that are stored at once',
      using(async ({ store }) => {
        const all = Array.from({ length: 50 }, (_, result) => meta({ result }));
        await Promise.all(all.flatMap((one) => [store.store(one), store.store(failure)]));
        const kept = await store.get('id-1');
        expect(kept?.status).toBe('SUCCESS');
        await Promise.all(all.map((one) => store.store(one)));
        expect(await store.get('id-1')).toEqual(kept);
      }),
    );

    it(
      'refuses a value that has no JSON form, and stores nothing',
      using(async ({ store }) => {
        await expect(store.store(meta({ result: new Map() }))).rejects.toThrow(EncodeError);
        expect(await store.get('id-1')).toBeUndefined();
      }),
    );

    it(
      'holds no reference to what was stored, or given back',
      using(async ({ store }) => {
        const result = { list: [1] };
        await store.store(meta({ result }));
        result.list.push(2);
        const first = await store.get('id-1');
        expect(first?.result).toEqual({ list: [1] });
        Object.assign(first?.result as object, { list: null });
        expect((await store.get('id-1'))?.result).toEqual({ list: [1] });
      }),
    );

    it(
      'forgets on demand, a SUCCESS too; what it does not know as well',
      using(async ({ store }) => {
        await store.store(meta());
        await store.forget('id-1');
        await store.forget('id-1');
        expect(await store.get('id-1')).toBeUndefined();
        await store.store(failure);
        expect(await store.get('id-1')).toEqual(failure);
      }),
    );

    if (!expires) return;

    it(
      'keeps failures as long as is said for them, and for ever with null or 0',
      using(
        async ({ store, pass }) => {
          await store.store(meta());
          await store.store({ ...failure, taskId: 'id-2' });
          await pass(1.1);
          expect(await store.get('id-1')).toEqual(meta());
          expect(await store.get('id-2')).toBeUndefined();
        },
        { resultExpires: 0, resultFailureExpires: 1 },
      ),
    );
  });
}

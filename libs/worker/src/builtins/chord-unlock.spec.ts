import fc from 'fast-check';
import {
  SqsCeleryError,
  chord,
  chain,
  group,
  signature,
  type ExceptionInfo,
  type ResultStore,
  type ResultTuple,
  type SignatureJson,
  type TaskMessage,
  type TaskMeta,
} from '#celery';
import { MemoryIdempotencyStore } from '#backends';
import { describe, expect, it } from 'vitest';
import { vector } from '../vectors.test-support.js';
import { Bench, FIFO, body, uncounted } from '../worker.test-support.js';

const boom: ExceptionInfo = { excType: 'ValueError', excMessage: ['boom', 42], excModule: 'builtins' };
const summed = signature('tsum', { taskId: 'body-1' });

function task(id: string): ResultTuple {
  return [[id, null], null];
}

function meta(taskId: string, given: Partial<TaskMeta> = {}): TaskMeta {
  return { taskId, status: 'SUCCESS', result: taskId, traceback: null, children: [], dateDone: null, ...given };
}

/** A message of `celery.chord_unlock`. */
interface Unlock {
  readonly chord?: SignatureJson;
  readonly members?: readonly ResultTuple[];
  readonly interval?: number | null;
  readonly maxRetries?: number | null;
  readonly retries?: number;
}

function setUp(results: ResultStore | undefined = uncounted()) {
  const bench = new Bench({ stores: { results } });
  const unlock = (given: Unlock = {}, init: Parameters<Bench['handle']>[0] = {}) => {
    const { chord: callback = summed, members = [task('a'), task('b')], retries = 0 } = given;
    const kwargs = { interval: given.interval ?? null, max_retries: given.maxRetries ?? null, result: members };
    const spec = { task: 'celery.chord_unlock', id: 'unlock-1', args: ['g', callback], kwargs, retries };
    return bench.handle({ body: body({ ...spec, ignoreResult: true }), ...init });
  };
  const store = async (...metas: TaskMeta[]): Promise<void> => {
    for (const one of metas) await results?.store(one);
  };
  const sent = () => bench.sender.published.map(({ message }) => message);
  return { bench, results, unlock, store, sent };
}

describe('celery.chord_unlock', () => {
  it.each<[string, TaskMeta[]]>([
    ['none', []],
    ['one', [meta('a')]],
    ['the other', [meta('b')]],
    ['one that is retried', [meta('a'), meta('b', { status: 'RETRY', result: boom })]],
    ['one that is running', [meta('a', { status: 'STARTED' }), meta('b')]],
  ])('retries itself after a second while %s of the results is there', async (_what, stored) => {
    const { bench, unlock, store, sent } = setUp();
    await store(...stored);
    const before = Date.now();
    await unlock({ retries: 7 });
    expect(sent()).toMatchObject([{ headers: { task: 'celery.chord_unlock', id: 'unlock-1', retries: 8 } }]);
    expect(Date.parse(sent()[0]!.headers.eta ?? '')).toBeGreaterThanOrEqual(before + 999);
    expect(Date.parse(sent()[0]!.headers.eta ?? '')).toBeLessThan(before + 30_000);
    expect(sent()[0]).toMatchObject({ args: ['g', summed], kwargs: { result: [task('a'), task('b')] } });
    expect(bench.actions).toEqual(['publish to celery', 'acknowledge']);
    expect(bench.payload('retried').delaySeconds).toBe(1);
  });

  it('takes the interval of its message', async () => {
    const { bench, unlock } = setUp();
    await unlock({ interval: 20 });
    expect(bench.payload('retried').delaySeconds).toBe(20);
  });

  it('reads what Celery sends, and sends the body with the results in their order', async () => {
    const { bench, results, sent } = setUp();
    const { sqs_body, decoded_body } = vector('chord_unlock_backend.0');
    const [[, callback], { result }] = decoded_body as [[string, SignatureJson], { result: ResultTuple[] }];
    for (const [index, [[id]]] of result.entries()) await results?.store(meta(id, { result: index + 3 }));
    await bench.handle({ body: withoutEta(sqs_body) });
    expect(sent()).toMatchObject([
      { headers: { task: 'proj.tasks.tsum', id: callback.options['task_id'] }, args: [[3, 4]] },
    ]);
    expect(bench.actions).toEqual(['publish to celery', 'acknowledge']);
  });

  it('is the parent of the body, as in Celery', async () => {
    const { unlock, store, sent } = setUp();
    await store(meta('a'), meta('b'));
    await unlock();
    const headers = { task: 'tsum', id: 'body-1', parentId: 'unlock-1', rootId: 'unlock-1' };
    expect(sent()).toMatchObject([{ headers, args: [['a', 'b']] }]);
  });

  it('joins groups in the header to lists, and an empty header to none', async () => {
    const { unlock, store, sent } = setUp();
    await store(meta('a'), meta('b'), meta('c'));
    await unlock({
      members: [
        [
          ['inner', null],
          [task('a'), [['deep', null], [task('b')]]],
        ],
        task('c'),
      ],
    });
    await unlock({ members: [] });
    expect(sent().map(({ args }) => args)).toEqual([[[['a', ['b']], 'c']], [[]]]);
  });

  it('asks no further than to the first results that are missing', async () => {
    const results = uncounted();
    let asked = 0;
    const get = (id: string) => ((asked += 1), results.get(id));
    const { unlock, sent } = setUp({ ...results, get });
    await unlock({ members: Array.from({ length: 1_000 }, (_, index) => task(`${index}`)) });
    expect(asked).toBe(10);
    expect(sent()).toHaveLength(1);
  });

  it('becomes a new message on a FIFO queue too, where it would block the header', async () => {
    const { bench, unlock, sent } = setUp();
    const delivery = await unlock({}, { queue: FIFO, messageGroupId: 'orders' });
    expect(sent()).toMatchObject([{ headers: { id: 'unlock-1', retries: 1 } }]);
    expect(bench.sender.published[0]?.options).toMatchObject({ messageGroupId: 'orders' });
    expect(delivery.actions.at(-1)).toBe('acknowledge');
  });

  it.each<[string, SignatureJson]>([
    ['a task without an id', signature('tsum')],
    ['a chain', chain(signature('tsum'), signature('next'))],
    ['a group', group(signature('a'), signature('b'))],
    ['a chord', chord([signature('a'), signature('b')], signature('tsum'))],
  ])('sends the same ids when it is delivered again: %s', async (_what, callback) => {
    const { unlock, store, sent } = setUp();
    await store(meta('a'), meta('b'));
    await unlock({ chord: callback });
    const first = sent().map(identity);
    // Delivered again, by its own message or by one that was sent twice.
    await unlock({ chord: callback, retries: 1 });
    expect(first.length).toBeGreaterThan(0);
    expect(sent().slice(first.length).map(identity)).toEqual(first);
  });

  it('has a chord that is the body polled for in turn', async () => {
    const { unlock, store, sent } = setUp();
    await store(meta('a'), meta('b'));
    await unlock({ chord: chord([signature('c'), signature('d')], signature('tsum', { taskId: 'inner' })) });
    const [polling, ...header] = sent();
    expect(polling).toMatchObject({ headers: { task: 'celery.chord_unlock' } });
    expect(header).toMatchObject([
      { headers: { task: 'c', group: polling?.args[0] }, args: [['a', 'b']], embed: { chord: { task: 'tsum' } } },
      { headers: { task: 'd', group: polling?.args[0] }, args: [['a', 'b']] },
    ]);
    expect(polling?.kwargs['result']).toEqual(header.map(({ headers }) => task(headers.id)));
  });
});

describe('celery.chord_unlock of a header that failed', () => {
  it('waits for all, then fails the body with the first error and calls its errbacks', async () => {
    const { bench, unlock, store, sent, results } = setUp();
    const callback = signature('tsum', { taskId: 'body-1', linkError: signature('on_error') });
    await store(meta('a', { status: 'FAILURE', result: boom }));
    await unlock({ chord: callback });
    expect(await results?.get('body-1')).toBeUndefined();
    await store(meta('b', { status: 'REVOKED', result: null }));
    await unlock({ chord: callback });
    expect((await results?.get('body-1'))?.result).toEqual(chordError("ValueError('boom', 42)"));
    expect(sent().slice(1)).toMatchObject([{ headers: { task: 'on_error', parentId: 'body-1' }, args: ['body-1'] }]);
    expect(bench.payload('chordFailed')).toMatchObject({ groupId: 'g' });
    expect(bench.actions.at(-1)).toBe('acknowledge');
  });

  it('fails what follows the body, and the members of a group', async () => {
    const { unlock, store, results } = setUp();
    await store(meta('a', { status: 'FAILURE', result: boom }), meta('b'));
    const followed = { ...summed, options: { ...summed.options, chain: [signature('next', { taskId: 'next-1' })] } };
    await unlock({ chord: followed });
    expect((await results?.get('next-1'))?.result).toEqual(chordError("ValueError('boom', 42)"));
    await unlock({ chord: group(signature('c', { taskId: 'c-1' }), signature('d', { taskId: 'd-1' })) });
    expect((await results?.get('c-1'))?.result).toEqual(boom);
    expect((await results?.get('d-1'))?.result).toEqual(boom);
  });

  it('fails a body that can never be sent', async () => {
    const { bench, unlock, store, results } = setUp();
    await store(meta('a'), meta('b'));
    bench.sender.failOnce = new SqsCeleryError('SQS_CELERY_MESSAGE_TOO_LARGE', 'too large');
    await unlock();
    expect((await results?.get('body-1'))?.result).toMatchObject({
      excMessage: [expect.stringMatching(/^Callback error: .*too large/)],
    });
    expect(bench.actions).toEqual(['acknowledge']);
  });

  it('fails the chord once it may not be retried any more', async () => {
    const { bench, unlock, results } = setUp();
    await unlock({ maxRetries: 3, retries: 2 });
    expect(await results?.get('body-1')).toBeUndefined();
    await unlock({ maxRetries: 3, retries: 3 });
    expect((await results?.get('body-1'))?.result).toMatchObject({
      excType: 'ChordError',
      excMessage: [expect.stringMatching(/^chord_unlock could not be retried: MaxRetriesExceededError\(/)],
    });
    expect(bench.names().at(-1)).toBe('failed');
  });
});

describe('celery.chord_unlock where something is down', () => {
  it('asks again when the store cannot be read', async () => {
    const results = uncounted();
    const get = () => Promise.reject(new Error('offline'));
    const { bench, unlock, sent } = setUp({ ...results, get });
    await unlock();
    expect(sent()).toMatchObject([{ headers: { task: 'celery.chord_unlock', retries: 1 } }]);
    expect(bench.payload('retried').error).toMatchObject({ message: 'offline' });
  });

  it('sends the body at its next attempt when SQS could not be reached', async () => {
    const { bench, unlock, store, sent } = setUp();
    await store(meta('a'), meta('b'));
    bench.sender.failOnce = new Error('offline');
    await unlock();
    expect(sent()).toMatchObject([{ headers: { task: 'celery.chord_unlock', retries: 1 } }]);
    await unlock({ retries: 1 });
    expect(sent().slice(1)).toMatchObject([{ headers: { id: 'body-1' } }]);
  });
});

describe('celery.chord_unlock with an idempotency store', () => {
  it('sends once what copies of its message would send', async () => {
    const results = uncounted();
    const bench = new Bench({ stores: { results, idempotency: new MemoryIdempotencyStore() } });
    const kwargs = { interval: null, max_retries: null, result: [task('a')] };
    const spec = { task: 'celery.chord_unlock', id: 'unlock-1', args: ['g', summed], kwargs };
    const copies = async (retries: number): Promise<void> => {
      for (const _copy of [1, 2]) await bench.handle({ body: body({ ...spec, retries }) });
    };
    await copies(0);
    await results.store(meta('a'));
    await copies(1);
    const sent = bench.sender.published.map(({ message: { headers } }) => [headers.task, headers.retries]);
    expect(sent).toEqual([
      ['celery.chord_unlock', 1],
      ['tsum', 0],
    ]);
  });
});

describe('celery.chord_unlock is handed back', () => {
  it('where there is no result store, and where the body cannot be sent from here', async () => {
    const none = new Bench();
    await none.handle({ body: body({ task: 'celery.chord_unlock', args: ['g', summed], kwargs: { result: [] } }) });
    expect(none.payload('notMine')).toMatchObject({ reason: 'Workflow', action: 'handedBack' });
    const { bench, unlock } = setUp();
    await unlock({ chord: signature('tsum', { queue: 'elsewhere' }) });
    expect(bench.payload('notMine')).toMatchObject({ reason: 'Workflow', action: 'handedBack' });
  });
});

describe('celery.chord_unlock with arguments that are none of its own', () => {
  it.each([
    ['no body', ['g'], {}, /missing 1 required positional argument: 'callback'/],
    ['a body that is none', ['g', 'tsum'], { result: [] }, /callback must be a signature/],
    ['no results', ['g', summed], {}, /result must be a list/],
    ['results that are none', ['g', summed], { result: ['a'] }, /result must hold results/],
  ])('fails: %s', async (_what, args, kwargs, message) => {
    const { bench } = setUp();
    await bench.handle({ body: body({ task: 'celery.chord_unlock', args, kwargs }) });
    expect(bench.payload('failed').error).toMatchObject({ message: expect.stringMatching(message) as string });
  });
});

it('celery.chord_unlock sends the body exactly when all results are there, in whatever order they come', async () => {
  const states = fc.constantFrom(undefined, 'STARTED', 'RETRY', 'SUCCESS', 'FAILURE', 'REVOKED');
  await fc.assert(
    fc.asyncProperty(fc.array(states, { minLength: 1, maxLength: 25 }), async (all) => {
      const { unlock, store, sent, results } = setUp();
      const exception = (status: string) => (['SUCCESS', 'STARTED'].includes(status) ? {} : { result: boom });
      for (const [index, status] of all.entries()) {
        if (status !== undefined) await store(meta(`${index}`, { status, ...exception(status) }));
      }
      await unlock({ members: all.map((_, index) => task(`${index}`)) });
      const isReady = all.every((status) => ['SUCCESS', 'FAILURE', 'REVOKED'].includes(status ?? ''));
      const isGood = all.every((status) => status === 'SUCCESS');
      const came = { sent: sent().map(({ headers }) => headers.task), body: (await results?.get('body-1'))?.status };
      expect(came).toEqual({
        sent: isGood ? ['tsum'] : isReady ? [] : ['celery.chord_unlock'],
        body: isReady && !isGood ? 'FAILURE' : undefined,
      });
    }),
    { numRuns: 60 },
  );
});

function identity({ headers: { task: name, id, group: groupId } }: TaskMessage): unknown {
  return [name, id, groupId];
}

function chordError(text: string): ExceptionInfo {
  return { excType: 'ChordError', excMessage: [text], excModule: 'celery.exceptions' };
}

/** The message as it is once it is due. */
function withoutEta(sqsBody: string): string {
  const isEncoded = !sqsBody.startsWith('{');
  const text = isEncoded ? Buffer.from(sqsBody, 'base64').toString() : sqsBody;
  const due = text.replace(/"eta": ?"[^"]*"/, '"eta": null');
  return isEncoded ? Buffer.from(due).toString('base64') : due;
}

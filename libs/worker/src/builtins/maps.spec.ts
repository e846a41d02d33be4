import { Ignore, Reject, Retry, SoftTimeLimitExceeded, map, signature, starmap, type SignatureJson } from '#celery';
import { MemoryResultStore } from '#backends';
import { describe, expect, it } from 'vitest';
import { TaskRequest } from '../task-request.js';
import type { TaskOptions } from '../task-options.js';
import { Bench, body } from '../worker.test-support.js';

type Handler = (request: TaskRequest) => unknown;
type Spec = Parameters<typeof body>[0];

/** Runs a mapping of `do`. */
async function run(
  { task, args, kwargs }: SignatureJson,
  handler: Handler,
  options: TaskOptions = {},
  spec: Spec = {},
) {
  const results = new MemoryResultStore();
  const bench = new Bench({ stores: { results } }).task('do', handler, options);
  const delivery = await bench.handle({ body: body({ task, args, kwargs, id: 'map-1', ...spec }) });
  return { bench, delivery, stored: await results.get('map-1') };
}

const double: Handler = ({ args }) => Number(args[0]) * 2;
const failing =
  (error: () => unknown): Handler =>
  () => {
    throw error();
  };

describe('celery.map and celery.starmap', () => {
  it('call the task with each item, and return the list of results', async () => {
    const { bench, stored } = await run(map('do', [1, 2, 3]), double);
    expect(stored).toMatchObject({ status: 'SUCCESS', result: [2, 4, 6] });
    expect(bench.payload('succeeded').request.task).toBe('celery.map');
    expect(bench.names()).toEqual(['received', 'started', 'succeeded']);
    expect(bench.actions).toEqual(['acknowledge']);
  });

  it('pass all arguments of each call', async () => {
    const { stored } = await run(
      starmap('do', [
        [1, 2],
        [3, 4],
      ]),
      ({ args }) => args.length + Number(args[1]),
    );
    expect(stored?.result).toEqual([4, 6]);
  });

  it('take their own arguments by position as well, and the task by its name alone', async () => {
    const { stored } = await run({ ...map('do', []), args: ['do', [4]], kwargs: {} }, double);
    expect(stored?.result).toEqual([8]);
  });

  it('do not look at the arguments of the signature, as in Celery', async () => {
    const { stored } = await run(map(signature('do', { args: [9], kwargs: { more: 1 } }), [1]), ({ args, kwargs }) => {
      return { args, kwargs };
    });
    expect(stored?.result).toEqual([{ args: [1], kwargs: {} }]);
  });

  it('store null for what returns nothing', async () => {
    const { stored } = await run(map('do', [1, 2]), () => undefined);
    expect(stored?.result).toEqual([null, null]);
  });

  it('call one after the other', async () => {
    const steps: string[] = [];
    await run(map('do', ['a', 'b']), async ({ args }) => {
      steps.push(`${String(args[0])} begins`);
      await Promise.resolve();
      steps.push(`${String(args[0])} ends`);
    });
    expect(steps).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('may call one another', async () => {
    const inner = signature('do');
    const { stored } = await run(
      starmap('celery.map', [
        [inner, [1, 2]],
        [inner, [3]],
      ]),
      double,
    );
    expect(stored?.result).toEqual([[2, 4], [6]]);
  });
});

describe('a task that is called by a mapping', () => {
  it('is a part of the run: the id, the queue and the signal are those of the message', async () => {
    const seen: TaskRequest[] = [];
    const { bench } = await run(map('do', [1]), (request) => void seen.push(request), {}, { rootId: 'root-1' });
    const outer = bench.payload('succeeded').request;
    const [request] = seen;
    expect(request).toMatchObject({
      id: 'map-1',
      task: 'do',
      args: [1],
      kwargs: {},
      rootId: 'root-1',
      queue: 'celery',
    });
    expect(request?.signal).toBe(outer.signal);
    expect(request?.isLastAttempt).toBe(true);
  });

  it('is the current task, and gives its state and its children to the mapping', async () => {
    const { stored, bench } = await run(map('do', ['a', 'b']), async (request) => {
      expect(TaskRequest.current()).toBe(request);
      request.addChild([[String(request.args[0]), null], null]);
      await request.updateState('PROGRESS');
    });
    expect(bench.names()).toContain('succeeded');
    expect(stored?.children).toEqual([
      [['a', null], null],
      [['b', null], null],
    ]);
  });

  it('fails the mapping, and no other is called', async () => {
    const calls: unknown[] = [];
    const { bench, stored } = await run(map('do', [1, 2, 3]), ({ args: [item] }) => {
      calls.push(item);
      if (item === 2) throw new RangeError('too large');
    });
    expect(calls).toEqual([1, 2]);
    expect(stored).toMatchObject({ status: 'FAILURE', result: { excType: 'ValueError', excMessage: ['too large'] } });
    expect(bench.actions).toEqual(['acknowledge']);
  });

  it.each([
    ['its reason', () => new Retry({ cause: new RangeError('later') }), 'ValueError'],
    ['its reason, whatever it may', () => new Retry({ cause: new RangeError('later'), maxRetries: 9 }), 'ValueError'],
    ['MaxRetriesExceededError', () => new Retry(), 'MaxRetriesExceededError'],
  ])('is not retried: its Retry fails with %s', async (_, error, excType) => {
    const { bench, stored } = await run(map('do', [1]), failing(error), { maxRetries: 5 });
    expect(stored).toMatchObject({ status: 'FAILURE', result: { excType } });
    expect(bench.sender.published).toEqual([]);
  });

  it('is not retried automatically', async () => {
    const { stored } = await run(
      map('do', [1]),
      failing(() => new RangeError()),
      { autoretryFor: [RangeError] },
    );
    expect(stored).toMatchObject({ status: 'FAILURE', result: { excType: 'ValueError' } });
  });

  it('may ignore or reject the message of the mapping', async () => {
    const ignored = await run(
      map('do', [1]),
      failing(() => new Ignore()),
    );
    expect([ignored.bench.names().at(-1), ignored.stored]).toEqual(['ignored', undefined]);
    const rejected = await run(
      map('do', [1]),
      failing(() => new Reject({ requeue: true })),
    );
    expect(rejected.bench.names().at(-1)).toBe('rejected');
    expect(rejected.bench.actions).toEqual(['release 20']);
  });

  it('may replace the mapping', async () => {
    const { bench } = await run(map('do', [1, 2]), (request) => request.replace(signature('other', { args: [9] })));
    const sent = bench.sender.published.map(({ message }) => message);
    expect(sent).toMatchObject([{ headers: { id: 'map-1', task: 'other' }, args: [9] }]);
  });

  it('is the last where the run is to end, though it does not look at its signal', async () => {
    const calls: unknown[] = [];
    const { stored } = await run(
      map('do', [1, 2]),
      async ({ args, signal }) => {
        calls.push(args[0]);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
      {},
      { timelimit: [null, 0.01] },
    );
    expect(calls).toEqual([1]);
    expect(stored).toMatchObject({ status: 'FAILURE', result: { excType: SoftTimeLimitExceeded.name } });
  });
});

describe('a mapping of a task that is not registered here', () => {
  const others = map('others', [1]);

  it('is handed back: another worker may know the task', async () => {
    const { bench } = await run(others, double);
    expect(bench.payload('notMine')).toMatchObject({
      task: 'celery.map',
      reason: 'NotRegistered',
      detail: "unregistered task of type 'others'",
      action: 'handedBack',
    });
    expect(bench.actions).toEqual([expect.stringMatching(/^release /)]);
  });

  it('fails as in Celery where nobody is to be asked', async () => {
    const results = new MemoryResultStore();
    const bench = new Bench({ stores: { results }, options: { unknownTask: 'fail' } });
    const { task, kwargs } = others;
    await bench.handle({ body: body({ task, kwargs, id: 'map-1' }) });
    expect(await results.get('map-1')).toMatchObject({
      status: 'FAILURE',
      result: { excType: 'NotRegistered', excMessage: ['others'] },
    });
  });

  it('fails in the midst of it where only the run could tell', async () => {
    const { stored } = await run(starmap('celery.map', [[signature('others'), [1]]]), double);
    expect(stored).toMatchObject({ status: 'FAILURE', result: { excType: 'NotRegistered', excMessage: ['others'] } });
  });
});

it.each([
  [{}, "xmap() missing 2 required positional arguments: 'task' and 'it'"],
  [{ task: 'do' }, "xmap() missing 1 required positional argument: 'it'"],
  [{ task: 'do', it: [], n: 1 }, "xmap() got an unexpected keyword argument 'n'"],
  [{ task: 5, it: [] }, 'xmap(): task must be a signature or the name of a task'],
  [{ task: 'do', it: 5 }, 'it must be a list'],
])('arguments that do not fit fail the mapping: %j', async (kwargs, message) => {
  const { stored } = await run({ ...map('do', []), kwargs }, double);
  expect(stored).toMatchObject({ status: 'FAILURE', result: { excType: 'TypeError', excMessage: [message] } });
});

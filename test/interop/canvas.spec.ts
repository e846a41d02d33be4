import fc from 'fast-check';
import {
  chain,
  chord,
  chunks,
  group,
  immutable,
  link,
  linkError,
  signature,
  starmap,
  type GroupResult,
  type SignatureJson,
} from 'nestjs-sqs-celery';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Fleets, nestQueues, predefined } from './support/fleets.js';
import { describeRecorded } from './support/recorded.js';
import { noRedis } from './support/redis.js';
import { describeTargets, only } from './support/targets.js';

/** A task that returns its arguments. */
const list = (...args: unknown[]): SignatureJson => signature('canvas.list', { args });
const waiting = { timeoutMs: 20_000 };

describeTargets('workflows that Nest sends to a fleet of Python', (target) => workflows(target), ['LocalSqs'], noRedis);

function workflows(target: Parameters<typeof Fleets.start>[0]): void {
  let fleets: Fleets;
  beforeAll(async () => {
    fleets = await Fleets.start(target, {
      results: true,
      nest: (urls) => ({ ...nestQueues(urls), taskDefaultQueue: 'python' }),
      python: (urls) => ({ ...predefined(urls), task_default_queue: 'python', imports: ['proj.canvas_tasks'] }),
    });
  });
  afterAll(() => fleets?.stop());

  /** What a workflow that ends in one task gives. */
  async function outcome(canvas: SignatureJson): Promise<unknown> {
    const sent = await fleets.tasks.send(canvas);
    return sent.get(waiting);
  }

  it('a chain', async () => {
    expect(await outcome(chain(list(1), list(2), list(3)))).toEqual([[[1], 2], 3]);
    expect(await outcome(chain(list(1), immutable(list(2))))).toEqual([2]);
  });

  it('a group', async () => {
    const sent = await fleets.tasks.send(group(list(1), chain(list(2), list(3)), group(list(4), list(5))));
    expect(await sent.get(waiting)).toEqual([[1], [[2], 3], [4], [5]]);
    expect(await sent.successful()).toBe(true);
    expect(await sent.completedCount()).toBe(4);
  });

  it('a chain that ends in a group', async () => {
    const sent: GroupResult = await fleets.tasks.send(chain(list(1), group(list(2), list(3))));
    expect(await sent.get(waiting)).toEqual([
      [[1], 2],
      [[1], 3],
    ]);
  });

  it('chords, nested and in chains', async () => {
    expect(await outcome(chord([list(1), list(2)], list('body')))).toEqual([[[1], [2]], 'body']);
    const header = [
      [[0], 1],
      [[0], 2],
    ];
    expect(await outcome(chain(list(0), group(list(1), list(2)), list('b'), list('c')))).toEqual([[header, 'b'], 'c']);
    expect(
      await outcome(chord([chord([list(1), list(2)], list('inner')), chain(list(3), list(4))], list('outer'))),
    ).toEqual([
      [
        [[[1], [2]], 'inner'],
        [[3], 4],
      ],
      'outer',
    ]);
    expect(await outcome(chord([], list('nothing')))).toEqual([[], 'nothing']);
  });

  it('maps and chunks', async () => {
    expect(await outcome(starmap('canvas.list', [[1, 2], [3]]))).toEqual([[1, 2], [3]]);
    const sent = await fleets.tasks.send(chunks('canvas.list', [[1], [2], [3]], 2));
    expect(await sent.get(waiting)).toEqual([[[1], [2]], [[3]]]);
    expect(await outcome(chain(chunks('canvas.list', [[1], [2], [3]], 2), list('all')))).toEqual([
      [[[1], [2]], [[3]]],
      'all',
    ]);
  });

  it('callbacks and errbacks of workflows', async () => {
    const called = signature('interop.record', { taskId: 'callback-of-a-chord', args: ['called'] });
    await fleets.tasks.send(link(chord([list(1), list(2)], list('body')), called));
    expect(await fleets.recorder.run('callback-of-a-chord')).toMatchObject({
      args: [{ repr: "[[[1], [2]], 'body']" }, { repr: "'called'" }],
    });
    // No worker of Python's knows the errback: it is sent on, to Nest.
    const errback = signature('interop.reflected', { taskId: 'errback-of-a-chord', queue: 'nest' });
    const failing = chord([list(1), signature('canvas.fail', { args: ['no'] })], linkError(list('body'), errback));
    const sent = await fleets.tasks.send(failing);
    await expect(sent.get(waiting)).rejects.toThrow(/ValueError/);
    expect(await fleets.recorder.run('errback-of-a-chord')).toMatchObject({ by: 'nest', args: [sent.id] });
  });

  it('fail as a whole where a step fails', async () => {
    const failing = chain(list(1), signature('canvas.fail', { args: ['no'] }), list(3));
    const sent = await fleets.tasks.send(failing);
    await expect(sent.get(waiting)).rejects.toThrow('no');
  });

  const canvases = fc.letrec<{ canvas: SignatureJson }>((tie) => ({
    canvas: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.nat(99).map((number) => list(number)),
      fc.array(tie('canvas'), { minLength: 1, maxLength: 3 }).map((steps) => chain(...steps)),
      fc.array(tie('canvas'), { minLength: 1, maxLength: 3 }).map((members) => group(...members)),
      fc.tuple(fc.array(tie('canvas'), { minLength: 1, maxLength: 2 }), tie('canvas')).map((parts) => chord(...parts)),
    ),
  })).canvas;

  // Older versions never end some of them, whoever sends them.
  it.each(only(target, '5.7.0'))('drawn at random give what they give when Python sends them (Celery %s)', async () => {
    const seed = Number(process.env['SQS_CELERY_SEED'] ?? 57);
    const some = fc.sample(canvases, { numRuns: 12, seed }).map((canvas) => chain(canvas, list('last')));
    for (const canvas of some) {
      const text = JSON.stringify(canvas);
      const ours = await fleets.tasks.send(canvas);
      const [id = ''] = await fleets.python.apply(`signature(__import__('json').loads(r'''${text}'''))`);
      const [value, expected] = await Promise.all([ours.get(waiting), fleets.tasks.asyncResult(id).get(waiting)]);
      expect(value, `seed ${seed}: ${text}`).toEqual(expected);
    }
  });
}

describeRecorded('the recorded workflows', 'canvas');

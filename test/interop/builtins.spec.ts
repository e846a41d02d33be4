import { chunks, group, map, signature, starmap, withOptions, type AsyncResult } from 'nestjs-sqs-celery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleets, predefined } from './support/fleets.js';
import { noRedis } from './support/redis.js';
import { describeTargets, only } from './support/targets.js';

/** Long enough for a busy machine, too short for a test that hangs. */
const timeoutMs = 30_000;

describeTargets("Celery's built-in tasks", (target) => builtIns(target), ['LocalSqs'], noRedis);

function builtIns(target: Parameters<typeof Fleets.start>[0]): void {
  let fleets: Fleets;
  beforeAll(async () => {
    fleets = await Fleets.start(target, {
      results: true,
      // What names no queue is for Nest.
      python: (urls) => ({ ...predefined(urls), task_default_queue: 'nest', imports: ['proj.builtins_tasks'] }),
    });
  });
  afterAll(() => fleets?.stop());

  describe('mappings of Python, in Nest', () => {
    const run = async (canvas: string) => fleets.python.get((await fleets.python.apply(canvas))[0]!);

    it('a map', async () => {
      const outcome = await run(`xmap(signature('results.echo'), [1, 'a', None, Decimal('1.10'), 2**70])`);
      expect(outcome).toMatchObject({ value: { repr: `[1, 'a', None, Decimal('1.10'), ${2n ** 70n}]` } });
    });

    it('a starmap, whose calls have the id of its message', async () => {
      const [id] = await fleets.python.apply(`xstarmap(signature('interop.record'), [(), (1,), (1, 2)])`);
      expect(await fleets.python.get(id!)).toMatchObject({ value: { repr: '[0, 1, 2]' } });
      const calls = fleets.recorder.of(id!);
      expect(calls.map(({ by, task, args }) => ({ by, task, args }))).toEqual(
        [[], [1], [1, 2]].map((args) => ({ by: 'nest', task: 'interop.record', args })),
      );
    });

    it('one that fails', async () => {
      const outcome = await run(`xmap(signature('results.throw'), ['RangeError'])`);
      expect(outcome).toMatchObject({ raised: { type: 'ValueError', text: 'too large' } });
    });

    // Celery 5.3 waits for ids that it has given to nobody.
    it.each(only(target, '5.7.0'))('chunks (Celery %s)', async () => {
      const parts = `chunks(signature('interop.record'), [(), (1,), (1, 2)], 2)`;
      const outcome = await run(`chord(${parts}.group(), signature('results.echo'))`);
      expect(outcome).toMatchObject({ value: { repr: '[[0, 1], [2]]' } });
    });

    it('a task that is replaced by a group of them', async () => {
      const members = group(map('results.echo', [1, 2]), starmap('interop.record', [[], [1]]));
      const result = await fleets.tasks.send('builtins.replace', { args: [members], queue: 'python' });
      expect(await result.get({ timeoutMs })).toEqual([
        [1, 2],
        [0, 1],
      ]);
      expect(await fleets.python.get(result.id)).toMatchObject({ value: { repr: '[[1, 2], [0, 1]]' } });
    });
  });

  describe.each([
    { queue: 'python', task: 'builtins.count' },
    { queue: 'nest', task: 'interop.record' },
  ])('mappings of Nest, in $queue', ({ queue, task }) => {
    it('a map and a starmap', async () => {
      const lengths = starmap(task, [[], [1], [1, 2]]);
      for (const [canvas, value] of [
        [map(task, ['a', 'b']), [1, 1]],
        [lengths, [0, 1, 2]],
        // Only the task of the signature counts.
        [map(signature(task, { args: [1, 2] }), ['a']), [1]],
      ] as const) {
        const result = await fleets.tasks.send(withOptions(canvas, { queue }));
        expect(await result.get({ timeoutMs })).toEqual(value);
        expect(await fleets.python.get(result.id)).toMatchObject({ value: { repr: `[${value.join(', ')}]` } });
      }
    });

    it('chunks', async () => {
      const result = await fleets.tasks.send(withOptions(chunks(task, [[], [1], [1, 2]], 2), { queue }));
      expect(await result.get({ timeoutMs })).toEqual([[0, 1], [2]]);
    });
  });

  describe.each(['python', 'nest'])('other built-in tasks, in %s', (queue) => {
    const send = (task: string, kwargs: Record<string, unknown> = {}, args: unknown[] = []): Promise<AsyncResult> =>
      fleets.tasks.send(task, { args, kwargs, queue });
    const resultOf = async (...call: Parameters<typeof send>) => (await send(...call)).get({ timeoutMs });

    it('celery.accumulate', async () => {
      expect(await resultOf('celery.accumulate', {}, [1, 'a'])).toEqual([1, 'a']);
      expect(await resultOf('celery.accumulate', { index: -1 }, [1, 'a'])).toBe('a');
      await expect(resultOf('celery.accumulate', { index: 2 }, [1, 'a'])).rejects.toMatchObject({
        name: 'IndexError',
        message: 'tuple index out of range',
      });
    });

    it('celery.backend_cleanup', async () => {
      expect(await resultOf('celery.backend_cleanup')).toBeNull();
    });

    it('celery.chain', async () => {
      await expect(resultOf('celery.chain', { tasks: [] })).rejects.toMatchObject({
        name: 'NotImplementedError',
        message: 'chain is not a real task',
      });
    });

    it('celery.chunks', async () => {
      const { kwargs } = chunks('interop.record', [[], [1], [1, 2]], 2);
      const sent = await send('celery.chunks', kwargs);
      const [[groupId], members] = (await sent.get({ timeoutMs })) as GroupTuple;
      expect(await Promise.all(members.map(([[id]]) => value(id)))).toEqual(['[0, 1]', '[2]']);
      const [child] = (await sent.children()) ?? [];
      expect(child?.id).toBe(groupId);
    });

    it('celery.group', async () => {
      const ids = ['a', 'b'].map((member) => `${queue}-group-${member}`);
      const tasks = ids.map((taskId) => signature('interop.record', { taskId, args: [1] }));
      const result = [['group-1', null], ids.map((id) => [[id, null], null])];
      const kwargs = { tasks, result, group_id: 'group-1', partial_args: [7] };
      expect(await resultOf('celery.group', kwargs)).toEqual(result);
      expect(await Promise.all(ids.map(value))).toEqual(['2', '2']);
    });

    it('celery.chord', async () => {
      const header = [[], [1]].map((args) => signature('interop.record', { args }));
      const body = signature('results.echo');
      const [[id, parent]] = (await resultOf('celery.chord', { kwargs: {}, header, body })) as [[string, unknown]];
      expect(await value(id)).toBe('[0, 1]');
      expect(parent).toEqual([
        [expect.any(String), null],
        [expect.anything(), expect.anything()],
      ]);
    });
  });

  /** The result of a task, as Python shows it. */
  async function value(id: string): Promise<string | undefined> {
    return (await fleets.python.get(id)).value?.repr;
  }
}

type GroupTuple = [[groupId: string, null], [[taskId: string]][]];

import { randomUUID } from 'node:crypto';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseSeed, Random } from '../support/random.js';
import { Fleets } from './support/fleets.js';
import type { PythonValue, Run } from './support/recorder.js';
import { noRedis } from './support/redis.js';
import { describeTargets, only } from './support/targets.js';

type Fleet = 'nest' | 'python';

const fleetsOfBoth: readonly Fleet[] = ['nest', 'python'];

/** What a failing task of each fleet raises, as Python shows it. */
const failures = {
  nest: { task: 'results.throw', args: "('RangeError',)", repr: "ValueError('too large')" },
  python: { task: 'interop.evaluate', args: `("Declined('no funds', 17)",)`, repr: "Declined('no funds', 17)" },
} as const;

/** A signature as a Python expression. */
function sig(task: string, queue: Fleet, args: string, more = ''): string {
  return `signature('${task}', args=${args}, queue='${queue}'${more})`;
}

/** A task that returns `count`, on either side. */
function counting(queue: Fleet, count: number, more = ''): string {
  return sig('interop.record', queue, `(${'0,'.repeat(count)})`, more);
}

/** Positional arguments of a run as plain values, whoever recorded it. */
function argsOf({ by, args }: Run): unknown[] {
  // Numbers, lists of numbers, and ids.
  const parse = (value: unknown): unknown => JSON.parse((value as PythonValue).repr.replaceAll("'", '"'));
  return by === 'nest' ? [...args] : args.map(parse);
}

describeTargets('chords of Python with tasks in Nest', (target) => chords(target), ['LocalSqs'], noRedis);

function chords(target: Parameters<typeof Fleets.start>[0]): void {
  let fleets: Fleets;
  beforeAll(async () => {
    fleets = await Fleets.start(target, { results: true });
  });
  afterAll(() => fleets?.stop());

  /** What the body was called with, and what Python says of it. */
  async function bodyOf(canvas: string): Promise<{ run: Run; args: unknown[]; groupId: string }> {
    const [id, groupId] = await fleets.python.apply(canvas);
    expect(await fleets.python.get(id!)).toEqual({ value: { type: 'int', repr: expect.any(String) as string } });
    const run = await fleets.recorder.run(id!);
    expect(fleets.recorder.of(id!)).toHaveLength(1);
    return { run, args: argsOf(run), groupId: groupId! };
  }

  /** What is kept of a chord. */
  async function keysOf(groupId: string): Promise<Record<string, string>> {
    const redis = await createClient({ url: fleets.redis.url }).connect();
    const keys = await redis.keys(`celery-taskset-meta-${groupId}*`);
    const types = await Promise.all(keys.map((key) => redis.type(key)));
    redis.destroy();
    return Object.fromEntries(
      keys.map((key, index) => [key.slice(`celery-taskset-meta-${groupId}`.length), types[index]!]),
    );
  }

  describe.each(fleetsOfBoth)('with the body in %s', (queue) => {
    it.each(fleetsOfBoth)('and the whole header in %s', async (header) => {
      const canvas = `chord([${counting(header, 1)}, ${counting(header, 2)}], ${counting(queue, 0)})`;
      const { run, args, groupId } = await bodyOf(canvas);
      expect(run.by).toBe(queue);
      expect(args).toEqual([[1, 2]]);
      expect(Object.keys(await keysOf(groupId)).filter((key) => key !== '.c')).toEqual([]);
    });

    // Celery 5.3 waits for ids that it has given to nobody, in a fleet of its own as well.
    it.each(only(target, '5.7.0'))('and a header whose results have two levels (Celery %s)', async () => {
      const inner = `chain(${counting('python', 0)}, group(${counting('nest', 1)}, ${counting('python', 2)}))`;
      const header = `[${counting('python', 1)}, ${inner}, ${counting('nest', 4)}]`;
      const { args } = await bodyOf(`chord(${header}, ${counting(queue, 0)})`);
      expect(args).toEqual([[1, [2, 3], 4]]);
    });

    it('and a group in the header, which is flattened', async () => {
      const inner = `group(${counting('nest', 2)}, ${counting('python', 3)})`;
      const { args } = await bodyOf(`chord([${inner}, ${counting('nest', 4)}], ${counting(queue, 0)})`);
      // Celery counts the places anew in each group: the order is not said.
      expect(new Set(args[0] as number[])).toEqual(new Set([2, 3, 4]));
    });

    it('and chains in the header', async () => {
      const steps = (first: Fleet, last: Fleet): string =>
        `chain(${counting(first, 1)}, ${counting(last, 2, ', immutable=True')})`;
      const header = [steps('nest', 'python'), steps('python', 'nest'), steps('nest', 'nest')];
      const { args } = await bodyOf(`chord([${header.join(', ')}], ${counting(queue, 0)})`);
      expect(args).toEqual([[2, 2, 2]]);
    });
  });

  it('with a chain as body', async () => {
    for (const [first, last] of [
      ['nest', 'python'],
      ['python', 'nest'],
      ['nest', 'nest'],
    ] as const) {
      const body = `chain(${counting(first, 3)}, ${counting(last, 0)})`;
      const { args, run } = await bodyOf(`chord([${counting('nest', 1)}, ${counting('nest', 2)}], ${body})`);
      expect(args).toEqual([4]);
      expect(run.by).toBe(last);
    }
  });

  it('with a group as body', async () => {
    const ids = [randomUUID(), randomUUID()];
    const body = `group(${counting('nest', 0, `, task_id='${ids[0]}'`)}, ${counting('python', 0, `, task_id='${ids[1]}'`)})`;
    await fleets.python.apply(`chord([${counting('nest', 1)}, ${counting('nest', 2)}], ${body})`);
    for (const id of ids) expect(argsOf(await fleets.recorder.run(id))).toEqual([[1, 2]]);
  });

  it('in a chain, before and behind other steps', async () => {
    const header = `group(${counting('nest', 1)}, ${counting('python', 1)})`;
    const canvas = `chain(${counting('python', 3)}, ${header}, ${counting('nest', 0)}, ${counting('python', 4)})`;
    const { args, run } = await bodyOf(canvas);
    // The first step's result goes before the arguments of each member.
    expect(argsOf(await fleets.recorder.run(run.parentId!))).toEqual([[2, 2]]);
    expect(args).toEqual([1, 0, 0, 0, 0]);
  });

  // Celery 5.3 waits for ids that it has given to nobody.
  it.each(only(target, '5.7.0'))(
    'that Python ends, after a task before a group failed in Nest (Celery %s)',
    async () => {
      const { task, args, repr } = failures.nest;
      const lost = `chain(${sig(task, 'nest', args)}, group(${counting('nest', 1)}, ${counting('python', 2)}))`;
      // Each step waits for the one before: by then the other has failed.
      const later = fleetsOfBoth.concat(fleetsOfBoth).map((queue) => counting(queue, 1));
      const [id] = await fleets.python.apply(`chord([${lost}, chain(${later.join(', ')})], ${counting('nest', 0)})`);
      const { raised } = await fleets.python.get(id!);
      expect(raised).toMatchObject({ type: 'ChordError', text: `Join error: ${repr}` });
    },
  );

  it('one of whose tasks ignores its result', async () => {
    const silent = counting('nest', 1, ', ignore_result=True');
    const { args } = await bodyOf(`chord([${silent}, ${counting('python', 2)}], ${counting('nest', 0)})`);
    expect(args).toEqual([[1, 2]]);
  });

  it('one of whose tasks has expired', async () => {
    const expired = counting('nest', 1, ', expires=datetime.now(utc) - timedelta(seconds=5), task_id="expired"');
    const [id] = await fleets.python.apply(`chord([${expired}, ${counting('nest', 2)}], ${counting('nest', 0)})`);
    const { raised } = await fleets.python.get(id!);
    expect(raised).toMatchObject({ type: 'ChordError', text: "Dependency expired raised TaskRevokedError('expired')" });
  });

  /** A chord drawn at random, and what is to come of it. */
  function drawn(random: Random, isFailing: boolean) {
    const queues = Array.from({ length: 2 + random.below(4) }, () => random.pick(fleetsOfBoth));
    const failing = isFailing ? random.below(queues.length) : undefined;
    const [failedId, errback] = [randomUUID(), randomUUID()];
    const members = queues.map((queue, index) => {
      const { task, args } = failures[queue];
      return index === failing ? sig(task, queue, args, `, task_id='${failedId}'`) : counting(queue, index + 1);
    });
    const link = sig('interop.record', random.pick(fleetsOfBoth), '()', `, task_id='${errback}'`);
    const body = `${counting(random.pick(fleetsOfBoth), 0)}.on_error(${link})`;
    const results = queues.map((_, index) => index + 1);
    const text = `Dependency ${failedId} raised ${failures[queues[failing ?? 0]!].repr}`;
    return { canvas: `chord([${members.join(', ')}], ${body})`, results, errback, text };
  }

  it('20 at random, 5 of them with a task that fails', async () => {
    const seed = chooseSeed();
    const random = new Random(seed);
    for (let number = 0; number < 20; number += 1) {
      const isFailing = number % 4 === 3;
      const { canvas, results, errback, text } = drawn(random, isFailing);
      const [id] = await fleets.python.apply(canvas);
      const { value, raised } = await fleets.python.get(id!);
      const [run] = isFailing ? [await fleets.recorder.run(errback)] : fleets.recorder.of(id!);
      const came = {
        returned: value?.repr,
        raised: raised?.text,
        type: raised?.type,
        args: argsOf(run!),
        canvas,
        seed,
      };
      const expected = isFailing
        ? { raised: text, type: 'ChordError', args: [id] }
        : { returned: '1', args: [results] };
      expect(came).toEqual({ ...expected, canvas, seed });
      expect(fleets.recorder.of(id!)).toHaveLength(isFailing ? 0 : 1);
    }
  });
}

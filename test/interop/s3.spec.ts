import { randomUUID } from 'node:crypto';
import { AsyncResult, RemoteTaskError, S3ResultStore } from 'nestjs-sqs-celery';
import { chain, chord, group, linkError, signature } from 'nestjs-sqs-celery/tasks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleets, nestQueues, predefined } from './support/fleets.js';
import type { PythonValue, Run } from './support/recorder.js';
import { raisedOf, revoked, thrown } from './support/result-errors.js';
import { S3Bucket } from './support/s3.js';
import { describeTargets } from './support/targets.js';
import { exact, valueCases } from './support/values.js';

type Fleet = 'nest' | 'python';

const BASE_PATH = 'shared/results-';

/** Long enough for a chord that is polled for once a second. */
const timeoutMs = 60_000;

/** Who starts a chord, and who runs its body: the task that unlocks it is on the queue of the body. */
const roles: readonly (readonly [starter: Fleet, unlocker: Fleet])[] = [
  ['nest', 'nest'],
  ['nest', 'python'],
  ['python', 'nest'],
  ['python', 'python'],
];

describeTargets('results in S3', (target) => inS3(target), ['LocalSqs']);

function inS3(target: Parameters<typeof Fleets.start>[0]): void {
  let bucket: S3Bucket;
  let store: S3ResultStore;
  let fleets: Fleets;
  beforeAll(async () => {
    bucket = await S3Bucket.start(target.motoPython);
    store = new S3ResultStore({ s3Bucket: bucket.name, s3BasePath: BASE_PATH }, { client: bucket.client });
    fleets = await Fleets.start(target, {
      nest: (urls) => ({ ...nestQueues(urls), resultBackend: store }),
      python: (urls) => ({ ...predefined(urls), ...bucket.settings(BASE_PATH) }),
    });
  });
  afterAll(async () => {
    await fleets?.stop();
    await store?.close();
    await bucket?.stop();
  });

  describe('of Nest, read by Python', () => {
    /** Sends a task of Nest's from Python; arguments and options are Python expressions. */
    const send = (task: string, args: string, more = ''): Promise<string> =>
      fleets.python.send(task, { args, options: `{'queue': 'nest'${more}}` });

    it('are values with their types', async () => {
      const ids = await Promise.all(valueCases.map(({ python }) => send('results.echo', `(${python},)`)));
      for (const [index, { python, repr = python, type }] of valueCases.entries()) {
        expect(await fleets.python.get(ids[index]!)).toEqual({ value: { type, repr } });
      }
      expect(await bucket.keys(BASE_PATH)).toContain(`${BASE_PATH}celery-task-meta-${ids[0]}`);
    });

    it.for(Object.keys(thrown))('raise what was thrown: %s', async (name) => {
      const { raised } = await fleets.python.get(await send('results.throw', `('${name}',)`));
      expect(raised && raisedOf(raised)).toEqual(thrown[name]);
    });

    it('raise TaskRevokedError for what has expired', async () => {
      const id = await send('results.echo', '(1,)', ", 'expires': datetime.now(utc) - timedelta(seconds=5)");
      const { raised } = await fleets.python.get(id);
      expect(raised && raisedOf(raised)).toEqual(revoked("'expired'"));
    });
  });

  describe('of Python, read by Nest', () => {
    /** Has Python return, or raise, a value of a Python expression. */
    const evaluate = (expression: string): Promise<AsyncResult> =>
      fleets.tasks.send('interop.evaluate', { args: [expression], queue: 'python' });

    it('are values with their types', async () => {
      const results = await Promise.all(valueCases.map(({ python }) => evaluate(python)));
      const got = await Promise.all(results.map((result) => result.get({ timeoutMs })));
      expect(got.map(exact)).toEqual(valueCases.map(({ nest }) => exact(nest)));
    });

    it('are errors with the class, message and traceback of Python', async () => {
      const result = await evaluate("ValueError('boom', 42)");
      const error: unknown = await result.get({ timeoutMs }).catch((one: unknown) => one);
      expect(error).toBeInstanceOf(RemoteTaskError);
      expect(error).toMatchObject({
        name: 'ValueError',
        info: { excType: 'ValueError', excModule: 'builtins', excMessage: ['boom', 42] },
        remoteTraceback: expect.stringMatching(/^Traceback \(most recent call last\):\n[^]*ValueError: \('boom', 42\)/),
      });
    });

    it('are forgotten for Python too', async () => {
      const result = await evaluate('1');
      await result.get({ timeoutMs });
      await result.forget();
      expect(await fleets.python.look(result.id)).toMatchObject({ state: 'PENDING' });
    });
  });

  describe('of groups', () => {
    const groups = "__import__('celery.result', fromlist=['result'])";
    const evaluate = async (expression: string): Promise<unknown> => {
      const sent = await fleets.tasks.send('interop.evaluate', { args: [expression], queue: 'python' });
      return sent.get({ timeoutMs });
    };

    it('are saved by either, and restored by the other', async () => {
      const [ours, theirs] = [randomUUID(), randomUUID()];
      await evaluate(`${groups}.GroupResult('${theirs}', [${groups}.AsyncResult('a')]).save() and None`);
      expect(await store.groups.restore(theirs)).toEqual([[theirs, null], [[['a', null], null]]]);
      await store.groups.save([[ours, null], [[['b', null], null]]]);
      expect(await evaluate(`${groups}.GroupResult.restore('${ours}').as_tuple()`)).toEqual([
        [ours, null],
        [[['b', null], null]],
      ]);
      await store.groups.remove(theirs);
      expect(await evaluate(`${groups}.GroupResult.restore('${theirs}')`)).toBeNull();
    });
  });

  describe('of chords', () => {
    /** A task that returns `count`, on either side. */
    const counting = (queue: Fleet, count: number, countdown = 0) =>
      signature('interop.record', { args: Array.from({ length: count }, () => 0), queue, countdown });
    const countingInPython = (queue: Fleet, count: number, countdown = 0): string =>
      `signature('interop.record', args=(${'0,'.repeat(count)}), queue='${queue}', countdown=${countdown})`;

    /** Starts a chord of both fleets, whose results are 1, 2 and, not at the first poll, 3. */
    async function start(starter: Fleet, unlocker: Fleet): Promise<string> {
      const members: [Fleet, number, number][] = [
        ['nest', 1, 0],
        ['python', 2, 0],
        ['nest', 3, 3],
      ];
      if (starter === 'nest') {
        const header = members.map((member) => counting(...member));
        return (await fleets.tasks.send(chord(header, counting(unlocker, 0)))).id;
      }
      const header = members.map((member) => countingInPython(...member));
      const [id] = await fleets.python.apply(`chord([${header.join(', ')}], ${countingInPython(unlocker, 0)})`);
      return id!;
    }

    it.each(roles)('are counted by nobody: started by %s, unlocked by %s', async (starter, unlocker) => {
      const id = await start(starter, unlocker);
      const result = fleets.tasks.asyncResult(id);
      expect(await result.get({ timeoutMs })).toBe(1);
      expect(await fleets.python.get(id)).toEqual({ value: { type: 'int', repr: '1' } });
      const run = await fleets.recorder.run(id);
      expect([run.by, argsOf(run)]).toEqual([unlocker, [[1, 2, 3]]]);
      expect(fleets.recorder.of(id)).toHaveLength(1);
    });

    it.each(roles)('fail alike: started by %s, unlocked by %s', async (starter, unlocker) => {
      const errback = randomUUID();
      const { id } =
        starter === 'nest'
          ? await fleets.tasks.send(
              chord(
                [counting('nest', 1), signature('interop.evaluate', { args: [failing], queue: 'python' })],
                linkError(counting(unlocker, 0), signature('interop.record', { queue: unlocker, taskId: errback })),
              ),
            )
          : { id: await startFailing(unlocker, errback) };
      const { raised } = await fleets.python.get(id, 60);
      expect(raised).toMatchObject({ type: 'ChordError', text: "ValueError('boom', 42)" });
      const error: unknown = await fleets.tasks
        .asyncResult(id)
        .get({ timeoutMs })
        .catch((one: unknown) => one);
      expect(error).toMatchObject({ name: 'ChordError', message: "ValueError('boom', 42)" });
      expect(argsOf(await fleets.recorder.run(errback))).toEqual([id]);
      expect(fleets.recorder.of(id)).toEqual([]);
    });

    const failing = "ValueError('boom', 42)";

    async function startFailing(unlocker: Fleet, errback: string): Promise<string> {
      const header = `[${countingInPython('nest', 1)}, signature('interop.evaluate', args=("${failing}",), queue='python')]`;
      const link = `signature('interop.record', queue='${unlocker}', task_id='${errback}')`;
      const [id] = await fleets.python.apply(`chord(${header}, ${countingInPython(unlocker, 0)}.on_error(${link}))`);
      return id!;
    }

    it.each<[Fleet, Fleet]>([
      ['nest', 'python'],
      ['python', 'nest'],
      ['nest', 'nest'],
    ])('are started in the midst of a chain, by a worker of %s, and unlocked by %s', async (starter, unlocker) => {
      const header = group(counting('nest', 1), counting('python', 2));
      const steps = chain(counting(starter, 3), header, counting(unlocker, 0), counting(starter, 4));
      const { id } = await fleets.tasks.send(steps);
      const run = await fleets.recorder.run(id, timeoutMs);
      // The first step's result goes before the arguments of each member.
      expect(argsOf(await fleets.recorder.run(run.parentId!))).toEqual([[2, 3]]);
      expect(argsOf(run)).toEqual([1, 0, 0, 0, 0]);
    });

    it.each<Fleet>(['nest', 'python'])('have a body of any kind, unlocked by %s', async (unlocker) => {
      const ids = [randomUUID(), randomUUID()];
      const members = ids.map((taskId) => signature('interop.record', { queue: unlocker, taskId }));
      await fleets.tasks.send(chord([counting('nest', 1), counting('python', 2)], group(...members)));
      for (const id of ids) expect(argsOf(await fleets.recorder.run(id, timeoutMs))).toEqual([[1, 2]]);
      const inner = chord([counting('nest', 0), counting('python', 1)], counting(unlocker, 0));
      const { id } = await fleets.tasks.send(chord([counting('nest', 1), counting('python', 2)], inner));
      expect(await fleets.tasks.asyncResult(id).get({ timeoutMs })).toBe(1);
      expect(argsOf(await fleets.recorder.run(id))).toEqual([[1, 2]]);
    });
  });
}

/** Positional arguments of a run as plain values, whoever recorded it. */
function argsOf({ by, args }: Run): unknown[] {
  // Numbers, lists of numbers, and ids.
  const parse = (value: unknown): unknown => JSON.parse((value as PythonValue).repr.replaceAll("'", '"'));
  return by === 'nest' ? [...args] : args.map(parse);
}

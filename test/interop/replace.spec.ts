import { chain, chord, group, link, linkError, signature, stamp, type SignatureJson } from 'nestjs-sqs-celery';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleets, predefined } from './support/fleets.js';
import { describeRecorded } from './support/recorded.js';
import { noRedis } from './support/redis.js';
import { REPLACING, ReplaceFleet } from './support/replace-fleet.js';
import { describeTargets, type Target } from './support/targets.js';

describeTargets(
  'tasks that replace themselves and add to chords',
  (target) => replacing(target),
  ['LocalSqs'],
  noRedis,
);

/** The queue of a fleet. */
const QUEUES = { nest: REPLACING, python: 'python' } as const;
type Fleet = keyof typeof QUEUES;
const FLEETS: readonly (readonly [Fleet, Fleet])[] = [
  ['nest', 'python'],
  ['python', 'nest'],
];

/** A task that returns its arguments. */
const list = (fleet: Fleet, ...args: unknown[]): SignatureJson =>
  signature('canvas.list', { args, queue: QUEUES[fleet] });

/** A task that is replaced by `canvas`. */
const replacedBy = (fleet: Fleet, canvas: SignatureJson): SignatureJson =>
  signature('replace.task', { kwargs: { canvas }, queue: QUEUES[fleet] });

/** A task of a chord that adds `canvas` to it. */
const adding = (fleet: Fleet, canvas: SignatureJson): SignatureJson =>
  signature('replace.add', { kwargs: { canvas }, queue: QUEUES[fleet] });

/** What a task may be replaced by, and what that gives. */
const CANVASES: readonly (readonly [string, (a: Fleet, b: Fleet) => SignatureJson, unknown])[] = [
  ['a task', (_a, b) => list(b, 1), [1]],
  ['a chain', (a, b) => chain(list(b, 1), list(a, 2)), [[1], 2]],
  ['a group', (a, b) => group(list(a, 1), list(b, 2)), [[1], [2]]],
  [
    'a chain that ends in a group',
    (a, b) => chain(list(b, 0), group(list(a, 1), list(b, 2))),
    [
      [[0], 1],
      [[0], 2],
    ],
  ],
  ['a chord', (a, b) => chord([list(a, 1), list(b, 2)], list(b, 'body')), [[[1], [2]], 'body']],
  ['another that is replaced', (a, b) => replacedBy(b, chain(replacedBy(a, list(b, 1)), list(a, 2))), [[1], 2]],
];

/** What Celery 5.3 replaces by a group or chord may never end, or loses its place among the results of the chord around it. */
function canvasesOf(replacer: Fleet, { celery }: Target): typeof CANVASES {
  if (replacer === 'nest' || celery === '5.7.0') return CANVASES;
  return CANVASES.filter(([what]) => !/group|chord/.test(what));
}

function replacing(target: Target): void {
  let fleets: Fleets;
  let nest: ReplaceFleet;
  beforeAll(async () => {
    fleets = await Fleets.start(target, {
      results: true,
      queues: { nest: {}, python: {}, [REPLACING]: {} },
      python: (urls) => ({
        ...predefined(urls),
        task_default_queue: 'python',
        result_extended: true,
        imports: ['proj.canvas_tasks', 'proj.replace_tasks'],
      }),
    });
    nest = await ReplaceFleet.start(fleets);
  });
  afterAll(async () => {
    await nest?.stop();
    await fleets?.stop();
  });

  /** Sends a workflow by Nest and by Python, and answers what each gets. */
  async function outcomes(canvas: SignatureJson): Promise<unknown[]> {
    const text = JSON.stringify(canvas);
    const sent = await nest.tasks.send(canvas);
    const [id = ''] = await fleets.python.apply(`signature(__import__('json').loads(r'''${text}'''))`);
    const ofPython = nest.tasks.asyncResult(id).get({ timeoutMs: 20_000 });
    return Promise.all([sent.get({ timeoutMs: 20_000 }), ofPython]);
  }

  const both = (value: unknown): unknown[] => [value, value];

  describe.each(FLEETS)('in %s, by %s', (a, b) => {
    it.each(canvasesOf(a, target))('replaced by %s', async (_what, canvas, value) => {
      expect(await outcomes(replacedBy(a, canvas(a, b)))).toEqual(both(value));
    });

    it.each(canvasesOf(a, target))('replaced in the middle of a chain by %s', async (_what, canvas, value) => {
      const within = chain(list(b, 'before'), replacedBy(a, canvas(a, b)), list(b, 'after'), list(a, 'end'));
      expect(await outcomes(within)).toEqual(both([[value, 'after'], 'end']));
    });

    it.each(canvasesOf(a, target))('replaced in the header of a chord by %s', async (_what, canvas, value) => {
      const header = [list(b, 9), replacedBy(a, canvas(a, b))];
      expect(await outcomes(chord(header, list(b, 'body')))).toEqual(both([[[9], value], 'body']));
    });

    it('replaced before a group', async () => {
      const within = chain(replacedBy(a, group(list(b, 1), list(a, 2))), group(list(a, 'x'), list(b, 'y')), list(b));
      const value = [[1], [2]];
      expect(await outcomes(within)).toEqual(
        both([
          [
            [value, 'x'],
            [value, 'y'],
          ],
        ]),
      );
    });

    it('is seen by Python, as one result under one id', async () => {
      const sent = await nest.tasks.send(replacedBy(a, list(b, 1)));
      expect(await fleets.python.get(sent.id)).toMatchObject({ value: { repr: '[1]' } });
      expect(await fleets.python.look(sent.id)).toMatchObject({ state: 'SUCCESS' });
    });

    it('callbacks and errbacks follow what replaced it', async () => {
      const called = (id: string): SignatureJson => signature('interop.record', { taskId: id, queue: 'python' });
      const ids = [`called-${a}`, `failed-${a}`] as const;
      const watched = (canvas: SignatureJson): SignatureJson =>
        linkError(link(replacedBy(a, canvas), called(ids[0])), called(ids[1]));
      await nest.tasks.send(watched(chain(list(b, 1), list(a, 2))));
      expect(await fleets.recorder.run(ids[0])).toMatchObject({ args: [{ repr: '[[1], 2]' }] });
      expect(fleets.recorder.of(ids[1])).toEqual([]);
      const failing = await nest.tasks.send(watched(signature('canvas.fail', { args: ['no'], queue: QUEUES[b] })));
      await expect(failing.get({ timeoutMs: 20_000 })).rejects.toThrow(/no/);
      expect(await fleets.recorder.run(ids[1])).toMatchObject({ args: [{ repr: `'${failing.id}'` }] });
    });

    it('adds to the chord it is a part of', async () => {
      const header = [adding(a, chain(list(b, 7), list(a, 8))), list(b, 1)];
      for (const value of await outcomes(chord(header, list(a, 'body')))) {
        const [parts, end] = value as [unknown[], string];
        expect(parts).toHaveLength(3);
        expect(parts).toEqual(expect.arrayContaining(['adder', [[7], 8], [1]]));
        expect(end).toBe('body');
      }
    });

    it('tells its stamps, and they are stored with the result', async () => {
      const stamps = (fleet: Fleet): SignatureJson => signature('replace.stamps', { queue: QUEUES[fleet] });
      const canvas = stamp(chain(stamps(a), stamps(b)), { tenant: 'acme', tags: ['x', 'y'] });
      const told = { tenant: 'acme', tags: ['x', 'y'] };
      expect(await outcomes(canvas)).toEqual(both([[told], told]));
      const sent = await nest.tasks.send(stamp(stamps(a), { tenant: 'acme' }));
      await sent.get({ timeoutMs: 20_000 });
      const stored = JSON.parse(await record(fleets, sent.id)) as unknown;
      expect(stored).toMatchObject({ stamped_headers: ['tenant'], tenant: 'acme' });
    });
  });
}

/** What stands in Redis. */
async function record({ redis }: Fleets, id: string): Promise<string> {
  const client = createClient({ url: redis.url });
  await client.connect();
  try {
    return String(await client.get(`celery-task-meta-${id}`));
  } finally {
    client.destroy();
  }
}

describeRecorded('the recorded replacements', 'replace');

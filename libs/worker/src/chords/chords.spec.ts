import {
  SqsCeleryError,
  signature,
  type ResultStore,
  type ResultTuple,
  type SignatureJson,
  type TaskMessage,
  type TaskMessageSpec,
} from '#celery';
import { MemoryIdempotencyStore, MemoryResultStore, MemoryRevocationStore } from '#backends';
import { describe, expect, it } from 'vitest';
import { logTaskEvents } from '../task-log.js';
import { vector, wire } from '../vectors.test-support.js';
import { Bench, body, uncounted } from '../worker.test-support.js';

const summed = signature('tsum', { taskId: 'body-1' });

function chordBody(options: Readonly<Record<string, unknown>> = {}): SignatureJson {
  return { ...summed, options: { ...summed.options, group_id: 'g', ...options } };
}

function setUp(
  stores: { readonly results?: ResultStore | undefined; readonly idempotency?: MemoryIdempotencyStore } = {},
) {
  const results = new MemoryResultStore();
  results.chords.start('g', { size: 2 });
  const revocations = new MemoryRevocationStore();
  const bench = new Bench({ stores: { results, revocations, ...stores } })
    .task('add', ({ args }) => Number(args[0]) + Number(args[1]))
    .task('quiet', ({ args }) => args[0], { ignoreResult: true })
    .task('boom', () => {
      throw new RangeError('boom');
    });
  /** Runs a task of the header. */
  const part = (groupIndex: number, spec: Partial<TaskMessageSpec> & { chord?: SignatureJson } = {}) => {
    const { chord = chordBody(), embed, ...rest } = spec;
    const place = { group: 'g', groupIndex, id: `t-${groupIndex}`, rootId: 'root', embed: { chord, ...embed } };
    return bench.handle({ body: body({ task: 'add', args: [groupIndex, 1], ...place, ...rest }) });
  };
  const sent = () => bench.sender.published.map(({ message }) => message);
  return { bench, results, revocations, part, sent };
}

const dependency = (id: string, repr: string) => ({
  excType: 'ChordError',
  excMessage: [`Dependency ${id} raised ${repr}`],
  excModule: 'celery.exceptions',
});

describe('the last task of a header', () => {
  it('sends the body as Celery does', async () => {
    const { bench, results } = setUp();
    bench.task('proj.tasks.add', ({ args }) => Number(args[0]) + Number(args[1]));
    const messages = [vector('chord.0'), vector('chord.1')];
    const group = String(messages[0]?.decoded_envelope.headers['group']);
    const last = messages[0]?.decoded_envelope.headers['id'];
    results.chords.start(group, { size: 2 });
    // The order of the results is that of the header.
    for (const { sqs_body } of messages.toReversed()) await bench.handle({ body: sqs_body });
    const expected = vector('chord.worker.0');
    const [sent] = bench.sender.published;
    expect(wire(sent!.message)).toEqual({
      body: expected.decoded_body,
      headers: {
        ...expected.decoded_envelope.headers,
        id: '8836a829-22ce-4464-a608-f811eab1f0dc',
        group,
        parent_id: last,
        root_id: last,
        lang: 'js',
        origin: 'celery@test',
      },
    });
    expect(bench.actions).toEqual(['acknowledge', 'publish to celery', 'acknowledge']);
  });

  it('sends a chain as body: its first task, with the rest', async () => {
    const { bench, results } = setUp();
    bench.task('proj.tasks.add', ({ args }) => Number(args[0]) + Number(args[1]));
    const header = vector('chord_in_chain.worker.0');
    const group = String(header.decoded_envelope.headers['group']);
    results.chords.start(group, { size: 1 });
    await bench.handle({ body: header.sqs_body });
    const expected = vector('chord_in_chain.worker.2');
    const [, , embed] = expected.decoded_body as unknown[];
    expect(wire(bench.sender.published[0]!.message)).toEqual({
      body: [[[4]], {}, embed],
      headers: {
        ...expected.decoded_envelope.headers,
        argsrepr: '([4],)',
        parent_id: header.decoded_envelope.headers['id'],
        lang: 'js',
        origin: 'celery@test',
      },
    });
  });

  it('sends a group as body: each member with all results', async () => {
    const { part, sent } = setUp();
    const tasks = [signature('a', { taskId: 'a-1' }), signature('b', { taskId: 'b-1', args: [9] })];
    const chord: SignatureJson = { ...signature('celery.group'), kwargs: { tasks }, subtask_type: 'group' };
    await part(0, { chord });
    await part(1, { chord });
    expect(sent()).toMatchObject([
      { headers: { task: 'a', id: 'a-1', groupIndex: 0, parentId: 't-1' }, args: [[1, 2]] },
      { headers: { task: 'b', id: 'b-1', groupIndex: 1, parentId: 't-1' }, args: [[1, 2], 9] },
    ]);
  });

  it('starts a chord as body, whose header takes all results', async () => {
    const { part, sent, results } = setUp();
    const header = [signature('a', { taskId: 'a-1' }), signature('b', { taskId: 'b-1' })];
    const chord: SignatureJson = {
      ...signature('celery.chord'),
      kwargs: { header, body: signature('tsum', { taskId: 'inner-body' }), kwargs: {} },
      subtask_type: 'chord',
    };
    await part(0, { chord });
    await part(1, { chord });
    expect(sent()).toMatchObject([
      { headers: { task: 'a', id: 'a-1', groupIndex: 0, parentId: 't-1' }, args: [[1, 2]] },
      { headers: { task: 'b', id: 'b-1', groupIndex: 1, parentId: 't-1' }, args: [[1, 2]] },
    ]);
    const [{ headers, embed }] = sent() as [TaskMessage];
    expect(embed.chord).toMatchObject({ task: 'tsum', options: { task_id: 'inner-body' } });
    const groupId = String(headers.group);
    const inner = { groupId, status: 'SUCCESS', result: 1 };
    expect(await results.chords.report({ ...inner, groupIndex: 0, taskId: 'a-1' })).toEqual({ kind: 'pending' });
    expect(await results.chords.report({ ...inner, groupIndex: 1, taskId: 'b-1' })).toMatchObject({ kind: 'complete' });
  });

  it('counts though its result is ignored', async () => {
    const { part, sent, results } = setUp();
    await part(0, { task: 'quiet', args: ['a'], ignoreResult: true });
    await part(1, { task: 'quiet', args: ['b'], ignoreResult: true });
    expect(sent()).toMatchObject([{ args: [['a', 'b']] }]);
    expect(await results.get('t-0')).toBeUndefined();
  });

  it('waits for its own result to be stored', async () => {
    const { part, bench, results } = setUp();
    await part(0);
    const stored: unknown[] = [];
    const publish = bench.sender.publish.bind(bench.sender);
    bench.sender.publish = async (...given) => {
      stored.push(await results.get('t-1'));
      return publish(...given);
    };
    await part(1);
    expect(stored).toMatchObject([{ status: 'SUCCESS' }]);
  });

  it('joins groups in the header to lists', async () => {
    const { part, sent, results } = setUp();
    const inner: ResultTuple = [
      ['inner', null],
      [
        [['t-0', null], null],
        [['stored', null], null],
      ],
    ];
    results.chords.start('g', {
      structure: [
        ['g', null],
        [inner, [['t-1', null], null]],
      ],
    });
    const meta = { status: 'SUCCESS', traceback: null, children: null, dateDone: null };
    await results.store({ ...meta, taskId: 'stored', result: 'from the store' });
    await part(0);
    await part(1);
    expect(sent()).toMatchObject([{ args: [[[1, 'from the store'], 2]] }]);
  });

  it('draws the same id for a body without one, whoever sends it', async () => {
    const ids = await Promise.all(
      [0, 1].map(async (last) => {
        const { part, sent } = setUp();
        const chord = signature('tsum');
        await part(1 - last, { chord });
        await part(last, { chord });
        return sent().map(({ headers: { id } }) => id);
      }),
    );
    expect(ids[0]).toHaveLength(1);
    expect(ids[0]).toEqual(ids[1]);
  });
});

describe('a header that failed', () => {
  it('fails the body, and calls its errbacks as Celery does', async () => {
    const { part, results, bench, sent } = setUp();
    const lines: string[] = [];
    const log = { log: () => {}, warn: () => {}, debug: () => {}, error: (line: string) => void lines.push(line) };
    logTaskEvents(bench.events, log);
    const chord = chordBody({ link_error: [signature('proj.tasks.on_err_old')] });
    await part(0, { task: 'boom', chord });
    expect(await results.get('body-1')).toBeUndefined();
    await part(1, { chord });
    expect(await results.get('body-1')).toMatchObject({
      status: 'FAILURE',
      result: dependency('t-0', "ValueError('boom')"),
      children: null,
    });
    const expected = vector('chord_fail.worker.0').decoded_envelope.headers;
    expect(sent().map((message) => wire(message).headers)).toEqual([
      {
        ...expected,
        argsrepr: "('body-1',)",
        id: expect.any(String) as unknown,
        group: expect.any(String) as unknown,
        parent_id: 'body-1',
        root_id: 'body-1',
        lang: 'js',
        origin: 'celery@test',
      },
    ]);
    expect(lines.at(-1)).toBe(`Chord 'g' raised: ChordError("Dependency t-0 raised ValueError('boom')")`);
    expect(bench.payload('chordFailed')).toMatchObject({ groupId: 'g' });
  });

  it('shows every argument of an exception', async () => {
    const { part, results } = setUp();
    const error = { excType: 'proj.Declined', excMessage: ['no funds', 42], excModule: 'proj' };
    await results.chords.report({ groupId: 'g', groupIndex: 0, taskId: 'python', status: 'FAILURE', result: error });
    await part(1);
    expect((await results.get('body-1'))?.result).toEqual(dependency('python', "Declined('no funds', 42)"));
  });

  it.each([
    ['expired', { expires: new Date(0) }, "TaskRevokedError('expired')"],
    ['was revoked', { id: 'revoked' }, "TaskRevokedError('revoked')"],
  ])('as a task of it %s', async (_what, spec, repr) => {
    const { part, results, revocations } = setUp();
    await revocations.revoke(['revoked'], { terminate: false });
    await part(0, spec);
    await part(1);
    expect((await results.get('body-1'))?.result).toMatchObject({
      excMessage: [expect.stringContaining(`raised ${repr}`)],
    });
  });

  it('as a chain of it failed before its last step', async () => {
    const { bench, part, results } = setUp();
    const step = signature('add', { taskId: 't-0' });
    const last = { ...step, options: { ...step.options, group_id: 'g', group_index: 0, chord: chordBody() } };
    await bench.handle({ body: body({ task: 'boom', id: 'first', embed: { chain: [last] } }) });
    await part(1);
    expect((await results.get('body-1'))?.result).toEqual(dependency('t-0', "ValueError('boom')"));
  });

  it.each([true, false])(
    'as a task before a group of it failed, whose members have failed too (ignored: %s)',
    async (ignoreResult) => {
      const { bench, part, results } = setUp();
      const place = { group_id: 'g', chord: chordBody() };
      const tasks = ['a-1', 'b-1'].map((task_id, group_index) => ({
        ...signature('add'),
        options: { ...place, task_id, group_index },
      }));
      const group = { ...signature('celery.group'), kwargs: { tasks }, options: { ...place, task_id: 'g-1' } };
      const chain = [{ ...group, subtask_type: 'group' }];
      results.chords.start('g', { size: 3 });
      await bench.handle({ body: body({ task: 'boom', id: 'first', ignoreResult, embed: { chain } }) });
      const boom = { excType: 'ValueError', excMessage: ['boom'], excModule: 'builtins' };
      for (const id of ['a-1', 'b-1']) expect(await results.get(id)).toMatchObject({ status: 'FAILURE', result: boom });
      expect((await results.get('first'))?.status).toBe(ignoreResult ? undefined : 'FAILURE');
      await part(2);
      expect((await results.get('body-1'))?.result).toEqual(dependency('a-1', "ValueError('boom')"));
    },
  );

  it('takes along what follows the body, and a chord that waits for it', async () => {
    const { part, results, sent } = setUp();
    results.chords.start('outer', { size: 1 });
    const outer = signature('outer', { taskId: 'outer-1', linkError: signature('on_error') });
    const chord = chordBody({
      group_id: 'outer',
      group_index: 0,
      chord: outer,
      chain: [signature('next', { taskId: 'next-1' })],
    });
    await part(0, { task: 'boom', chord });
    await part(1, { chord });
    const inner = dependency('t-0', "ValueError('boom')");
    expect((await results.get('next-1'))?.result).toEqual(inner);
    expect((await results.get('outer-1'))?.result).toEqual(
      dependency('body-1', `ChordError("Dependency t-0 raised ValueError('boom')")`),
    );
    expect(sent()).toMatchObject([{ headers: { task: 'on_error' }, args: ['outer-1'] }]);
  });

  it('fails each member of a body that is a group with the error itself', async () => {
    const { part, results, sent } = setUp();
    const tasks = [
      signature('a', { taskId: 'a-1', linkError: signature('on_error') }),
      signature('b', { taskId: 'b-1' }),
    ];
    const group = { ...signature('celery.group', { taskId: 'g-1' }), kwargs: { tasks }, subtask_type: 'group' };
    await part(0, { task: 'boom', chord: group });
    await part(1, { chord: group });
    const boom = { excType: 'ValueError', excMessage: ['boom'], excModule: 'builtins' };
    for (const id of ['a-1', 'b-1', 'g-1']) expect((await results.get(id))?.result).toEqual(boom);
    expect(sent()).toMatchObject([{ headers: { task: 'on_error', parentId: 'a-1' }, args: ['a-1'] }]);
  });

  it('fails each member of such a body with the error of the chord where its header has groups in it, as Celery does', async () => {
    const { part, results } = setUp();
    const nested: ResultTuple = [
      ['inner', null],
      [
        [['t-0', null], null],
        [['t-1', null], null],
      ],
    ];
    results.chords.start('g', { structure: [['g', null], [nested]] });
    const tasks = [signature('a', { taskId: 'a-1' })];
    const group = { ...signature('celery.group', { taskId: 'g-1' }), kwargs: { tasks }, subtask_type: 'group' };
    await part(0, { task: 'boom', chord: group });
    await part(1, { chord: group });
    for (const id of ['a-1', 'g-1']) {
      expect((await results.get(id))?.result).toMatchObject({ excMessage: ["Join error: ValueError('boom')"] });
    }
  });

  it('as a result of a nested group is missing', async () => {
    const { part, results } = setUp();
    const inner: ResultTuple = [['inner', null], [[['missing', null], null]]];
    results.chords.start('g', { structure: [['g', null], [inner]] });
    await part(0);
    await part(1);
    expect((await results.get('body-1'))?.result).toMatchObject({
      excMessage: ["Join error: TimeoutError('The operation timed out.')"],
    });
  });

  it('as the body can never be sent', async () => {
    const { bench, part, results } = setUp();
    await part(0);
    bench.sender.failOnce = new SqsCeleryError('SQS_CELERY_MESSAGE_TOO_LARGE', 'too large');
    await part(1);
    expect((await results.get('body-1'))?.result).toMatchObject({
      excMessage: [expect.stringMatching(/^Callback error: .*too large/)],
    });
    expect(await results.get('t-1')).toMatchObject({ status: 'SUCCESS' });
    expect(bench.actions.at(-1)).toBe('acknowledge');
  });
});

describe('a part that is redelivered', () => {
  it('sends the body that its first worker could not send, with the results as they were counted', async () => {
    const { bench, part, sent } = setUp();
    let runs = 0;
    bench.task('counts', () => (runs += 1));
    await part(0);
    bench.sender.failOnce = new Error('offline');
    await part(1, { task: 'counts' });
    expect(bench.actions.at(-1)).toMatch(/^release /);
    expect(sent()).toEqual([]);
    await part(1, { task: 'counts' });
    expect(runs).toBe(2);
    expect(sent()).toMatchObject([{ headers: { id: 'body-1' }, args: [[1, 1]] }]);
  });

  it('sends no second body once the chord has ended', async () => {
    const { bench, part, sent } = setUp();
    for (const groupIndex of [0, 1, 1, 0]) await part(groupIndex);
    expect(sent()).toHaveLength(1);
    expect(bench.actions.filter((action) => action === 'acknowledge')).toHaveLength(4);
  });

  it('sends the same body again where nobody learned that it was sent', async () => {
    const { bench, part, sent, results } = setUp();
    await part(0);
    const lost = bench.delivery({
      body: body({ task: 'add', args: [1, 1], group: 'g', groupIndex: 1, id: 't-1', embed: { chord: chordBody() } }),
    });
    const end = results.chords.end.bind(results.chords);
    results.chords.end = async () => {
      lost.controller.abort(new Error('lost'));
      throw new Error('offline');
    };
    await bench.worker.handle(lost);
    expect(bench.names()).toContain('leaseLost');
    results.chords.end = end;
    await part(1);
    expect(sent().map(({ headers }) => headers.id)).toEqual(['body-1', 'body-1']);
    expect(sent().map(({ args }) => args)).toEqual([[[1, 2]], [[1, 2]]]);
  });

  it('repeats its part where the attempt is known to be settled', async () => {
    const results = new MemoryResultStore();
    const { bench, part, sent } = setUp({ results, idempotency: new MemoryIdempotencyStore() });
    await part(0);
    await part(1);
    expect(sent()).toEqual([]);
    results.chords.start('g', { size: 2 });
    await part(1);
    expect(sent()).toMatchObject([{ headers: { id: 'body-1' }, args: [[1, 2]] }]);
    expect(bench.names().filter((name) => name === 'duplicate')).toHaveLength(1);
  });
});

describe('a chord that another worker is about to end', () => {
  it('is left to it, under the lease', async () => {
    const { part, sent, results } = setUp();
    const report = results.chords.report.bind(results.chords);
    await part(0);
    await report({ groupId: 'g', groupIndex: 1, taskId: 't-1', status: 'SUCCESS', result: 'elsewhere' });
    let asked = 0;
    results.chords.report = async (given) => {
      asked += 1;
      const count = await report(given);
      expect(count.kind).toBe(asked === 1 ? 'claimed' : 'pending');
      await results.chords.end({ groupId: 'g', groupIndex: 1, taskId: 't-1' }, 'sent');
      return count;
    };
    await part(0);
    expect(asked).toBe(2);
    expect(sent()).toEqual([]);
  });
});

describe('a part of a chord is handed back unrun', () => {
  it.each<[string, SignatureJson]>([
    ['whose body is on a queue that is not ours', chordBody({ queue: 'elsewhere' })],
    [
      'whose errback is on a queue that is not ours',
      chordBody({ link_error: [signature('e', { queue: 'elsewhere' })] }),
    ],
    ['whose body is an empty chain', { ...signature('celery.chain'), kwargs: { tasks: [] }, subtask_type: 'chain' }],
  ])('%s', async (_what, body) => {
    const { bench, part } = setUp();
    await part(0, { chord: body });
    expect(bench.payload('notMine')).toMatchObject({ reason: 'Workflow', action: 'handedBack' });
  });

  /** A part of a chord, and a task whose chain ends in one. */
  async function runBoth({ bench, part }: ReturnType<typeof setUp>): Promise<void> {
    await part(0);
    const last = signature('add', { taskId: 't-0' });
    const chain = [{ ...last, options: { ...last.options, group_id: 'g', chord: chordBody() } }];
    await bench.handle({ body: body({ task: 'add', id: 'first', args: [1, 2], embed: { chain } }) });
  }

  it('where there is no result store, and so is a task whose chain ends in one', async () => {
    const all = setUp({ results: undefined });
    await runBoth(all);
    expect(all.bench.names()).toEqual(['notMine', 'notMine']);
  });

  it('but not where the store counts no chords: somebody polls for their results', async () => {
    const results = uncounted();
    const all = setUp({ results });
    await runBoth(all);
    expect(all.bench.names()).not.toContain('notMine');
    expect(await results.get('t-0')).toMatchObject({ status: 'SUCCESS', result: 1 });
    expect(all.sent()).toMatchObject([{ headers: { id: 't-0', group: 'g' }, embed: { chord: { task: 'tsum' } } }]);
  });
});

import {
  EMPTY_EMBED,
  FAILURE,
  chain,
  chord,
  group,
  planCanvas,
  signature,
  type ResultTuple,
  type SignatureJson,
} from '#celery';
import { describe, expect, it } from 'vitest';
import { chainFailures, lostParts, lostSteps, memberFailures } from './chain-failure.js';

const failure = {
  status: FAILURE,
  result: { excType: 'ValueError', excMessage: ['no'], excModule: 'builtins' },
  traceback: 'at …',
  dateDone: '2030-01-01T00:00:00.000Z',
};

function chainOf(...chain: SignatureJson[]) {
  return { embed: { ...EMPTY_EMBED, chain } };
}

function chordOf(body: SignatureJson, taskId: string): SignatureJson {
  const kwargs = { kwargs: {}, header: [], body };
  return { ...signature('celery.chord', { kwargs, taskId }), subtask_type: 'chord' };
}

describe('chainFailures', () => {
  it("gives every later step the failed task's state and error", () => {
    const chain = [signature('third', { taskId: 'id-3' }), signature('second', { taskId: 'id-2' })];
    expect(chainFailures(chainOf(...chain), failure)).toEqual([
      { taskId: 'id-3', ...failure, children: [] },
      { taskId: 'id-2', ...failure, children: [] },
    ]);
  });

  it('keeps what a step says of its group and its parent', () => {
    const step = { ...signature('a'), options: { task_id: 'id-2', group_id: 'g', parent_id: 'p' } };
    expect(chainFailures(chainOf(step), failure)).toMatchObject([{ groupId: 'g', parentId: 'p' }]);
  });

  it('goes down into the bodies of chords, which are what is waited for', () => {
    const inner = chordOf(signature('end', { taskId: 'end' }), 'inner');
    const failed = chainFailures(chainOf(chordOf(inner, 'outer')), failure);
    expect(failed.map(({ taskId }) => taskId)).toEqual(['outer', 'inner', 'end']);
  });

  it('passes over steps without an id of their own, and ends where there is no chain', () => {
    expect(chainFailures(chainOf(signature('a'), signature('b', { taskId: 'b' })), failure)).toHaveLength(1);
    expect(chainFailures({ embed: EMPTY_EMBED }, failure)).toEqual([]);
  });

  it('extends the records where that of the task is', () => {
    const extended = { name: 'do', args: [], kwargs: {}, worker: 'celery@a', retries: 3, queue: 'celery' };
    const step = signature('next', { taskId: 'id-2', args: [1], queue: 'slow' });
    expect(chainFailures(chainOf(step), { ...failure, extended })[0]?.extended).toEqual({
      name: 'next',
      args: [1],
      kwargs: {},
      worker: 'celery@a',
      retries: 0,
      queue: 'slow',
    });
  });
});

describe('lostSteps', () => {
  it('names the chord that waits for a step', () => {
    const body = signature('sum');
    const step = { ...signature('a'), options: { task_id: 'a', group_id: 'g', group_index: 1, chord: body } };
    expect(lostSteps(chainOf(step))).toMatchObject([{ taskId: 'a', groupId: 'g', groupIndex: 1, chord: body }]);
    expect(lostSteps(chainOf(signature('b')))).toMatchObject([{ groupIndex: undefined, chord: undefined }]);
  });
});

describe('lostParts', () => {
  /** What a failing task in front of a member's end takes along, how many parts the chord waits for, and how they are joined. */
  function lostIn(end: SignatureJson) {
    let drawn = 0;
    const header = [chain(signature('fails'), end)];
    const newId = (): string => `id-${drawn++}`;
    const { actions } = planCanvas(chord(header, signature('body')), { newId, chords: 'counted' });
    const size = actions.flatMap((action) => (action.kind === 'setChordSize' ? [action.size] : []));
    const results = actions.flatMap((action) => (action.kind === 'startChord' ? action.results : []));
    const [first] = actions.flatMap((action) => (action.kind === 'publish' ? [action.signature] : []));
    const steps = first?.options['chain'] as readonly SignatureJson[];
    const message = chainOf(...steps);
    return { size, message, parts: lostParts(message), joined: results.flatMap(tasksIn) };
  }

  function tasksIn([[id], members]: ResultTuple): readonly string[] {
    return members ? members.flatMap(tasksIn) : [id];
  }

  const ends = {
    'a task': signature('b'),
    'a group': group(signature('b'), signature('c'), signature('d')),
    'a group of chains and chords': group(
      chain(signature('b'), signature('c')),
      chord([signature('d'), signature('e')], signature('f')),
    ),
    'a chord': chord([signature('b'), signature('c')], signature('d')),
    'a chord with a group as body': chord([signature('b')], group(signature('c'), signature('d'))),
  };

  it.each(Object.entries(ends))('are all that a chord waits for: %s', (_, end) => {
    const { size, parts } = lostIn(end);
    expect(new Set(parts.map(({ taskId }) => taskId))).toHaveLength(size[0] ?? 0);
    expect(parts.every((part) => part.taskId && part.groupId && part.chord?.task === 'body')).toBe(true);
  });

  // Python asks the store for each of them, and waits for ever for one that is not there.
  it.each(Object.entries(ends))('have failed in the store as well, each once: %s', (_, end) => {
    const { message, joined } = lostIn(end);
    const ids = chainFailures(message, failure).map(({ taskId }) => taskId);
    expect(ids).toEqual(expect.arrayContaining([...joined]));
    expect(new Set(ids)).toHaveLength(ids.length);
  });

  it('have no record as members of a group that no chord waits for, as in Celery', () => {
    const members = group(signature('b', { taskId: 'b' }), signature('c', { taskId: 'c' }));
    const end = { ...members, options: { task_id: 'g' } };
    expect(chainFailures(chainOf(end), failure).map(({ taskId }) => taskId)).toEqual(['g']);
  });

  it('tells the members of groups apart, which Celery does not report', () => {
    const { message, parts } = lostIn(ends['a group']);
    expect(memberFailures(message, failure)).toEqual(
      parts.map(({ taskId, groupId }) => ({ taskId, groupId, ...failure, children: [] })),
    );
    expect(memberFailures(lostIn(ends['a task']).message, failure)).toEqual([]);
  });
});

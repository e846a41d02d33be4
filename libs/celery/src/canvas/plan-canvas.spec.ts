import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidTaskError } from '../errors/index.js';
import { decodeMessage } from '../message/decode-message.js';
import { vector } from '../message/vectors.test-support.js';
import { chain, chord, group } from './canvas.js';
import {
  callOptions,
  canvases,
  comparable,
  messageOf,
  partsOfMessage,
  sentBy,
  sentByCelery,
  type Comparable,
} from './canvas.test-support.js';
import { linkError, link } from './linking.js';
import { chunks, expandChunks, map, starmap } from './maps.js';
import { partsOf } from './chord-size.js';
import { planCanvas, type CanvasPlan, type PlanContext } from './plan-canvas.js';
import { isChord, tasksOf, headerOf, bodyOf } from './primitives.js';
import { readSignature, type SignatureJson } from './signature-json.js';
import { signature } from './signature.js';
import { stamp } from './stamp.js';

const add = (...args: unknown[]): SignatureJson => signature('proj.tasks.add', { args });
const mul = (...args: unknown[]): SignatureJson => signature('proj.tasks.mul', { args });
const tsum = signature('proj.tasks.tsum');
const boom = signature('proj.tasks.boom');
const errback = signature('proj.tasks.on_err_old');
const two = [add(1, 2), add(3, 4)];

function plan(canvas: SignatureJson, context: Partial<PlanContext> = {}): CanvasPlan {
  return planCanvas(expandChunks(canvas), { newId: randomUUID, chords: 'counted', ...context });
}

function messages(planned: CanvasPlan): Comparable[] {
  const { actions } = sentBy(planned) as { actions: Comparable[] };
  return actions.filter(({ kind }) => kind === 'publish');
}

/** A message that Celery sent, as far as a plan decides it. */
function theirs(name: string): Comparable {
  const decoded = decodeMessage(vector(name).sqs_body);
  if (decoded.kind !== 'task') throw new Error(`${name} is no task`);
  return partsOfMessage(decoded.message);
}

describe('planCanvas sends what Celery sends', () => {
  it.each<[vectors: string[], canvas: SignatureJson, context?: Partial<PlanContext>]>([
    [['chain_3'], chain(add(1, 2), add(3), mul(10))],
    [['chain_3_immutable'], chain(add(1, 2), signature('proj.tasks.add', { args: [3, 4], immutable: true }), mul(10))],
    [['group_2.0', 'group_2.1'], group(...two)],
    [['group_of_chains.0', 'group_of_chains.1'], group(chain(add(1, 2), mul(3)), add(3, 4))],
    [['chain_group_last'], chain(add(1, 1), group(add(2), add(3)))],
    [['chain_link_error'], chain(add(1, 2), mul(3)), { options: { link_error: [errback] } }],
    [['chord.0', 'chord.1'], chord(two, tsum)],
    [['chord_incr_backend.0', 'chord_incr_backend.1'], chord(two, tsum)],
    [['chord_body_chain.0', 'chord_body_chain.1'], chord(two, chain(tsum, mul(2)))],
    [['chord_of_chains.0'], chord([chain(add(1, 2), mul(3)), add(3, 4)], tsum)],
    [['chord_with_errback.0', 'chord_with_errback.1'], chord([add(1, 2), boom], linkError(tsum, errback))],
    [['chord_unlock_backend.0'], chord(two, tsum), { chords: 'unlock' }],
    [
      ['chunks.0', 'chunks.1'],
      chunks(
        'proj.tasks.add',
        [
          [0, 0],
          [1, 1],
          [2, 2],
          [3, 3],
        ],
        2,
      ),
    ],
    [
      ['map'],
      map('proj.tasks.tsum', [
        [1, 2],
        [3, 4],
      ]),
    ],
    [
      ['starmap'],
      starmap('proj.tasks.add', [
        [1, 2],
        [3, 4],
      ]),
    ],
    [['link_immutable'], link(add(2, 2), signature('proj.tasks.mul', { args: [4, 4], immutable: true }))],
    [
      ['link_and_link_error'],
      [errback, signature('proj.tasks.on_err_new')].reduce(linkError, link(add(2, 2), mul(16))),
    ],
    [['stamped'], stamp(add(1, 2), { my_stamp: 'v1', stamps2: ['a', 'b'] })],
    [['stamped_chain'], stamp(chain(add(1, 2), mul(3)), { tenant: 'acme' })],
  ])('%s', (names, canvas, context) => {
    const sent = messages(plan(canvas, context)).slice(0, names.length);
    expect(comparable(sent)).toEqual(comparable(names.map(theirs)));
  });

  // The vector chord_in_chain is of a Celery before 5.7, which sent the rest of a chain with every message of a header.
  const { cases } = JSON.parse(
    readFileSync(new URL('../../../../test/vectors/tables/canvas.json', import.meta.url), 'utf8'),
  ) as { cases: RecordedCase[] };

  it.each(cases.map((one) => [one.name, one] as const))('%s, as Celery 5.7 sends it', (_, one) => {
    const planned = planCanvas(one.canvas, { ...one, newId: randomUUID, chords: one.backend });
    expect(comparable(sentBy(planned))).toEqual(comparable(sentByCelery(one.sent)));
  });
});

interface RecordedCase {
  readonly name: string;
  readonly backend: 'counted' | 'unlock';
  readonly canvas: SignatureJson;
  readonly args: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly sent: { actions: Comparable[]; result: unknown };
}

describe('a plan', () => {
  const any = fc.tuple(canvases, fc.record({ options: callOptions }));

  it('sends every message once, under an id of its own', () => {
    fc.assert(
      fc.property(canvases, (canvas) => {
        const ids = messages(plan(canvas)).map(({ id }) => id);
        expect(ids).not.toContain('');
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });

  it('runs every task: each is sent, or waits in what is sent', () => {
    const leaf = fc.integer({ min: 1, max: 4 });
    const shapes = fc.letrec<{ shape: Shape }>((tie) => ({
      shape: fc.oneof(
        { depthSize: 'small' },
        fc.constant<Shape>('task'),
        fc.record({
          kind: fc.constantFrom('chain', 'group', 'chord'),
          parts: fc.array(tie('shape'), { minLength: 1, maxLength: 3 }),
          extra: leaf,
        }),
      ),
    })).shape;
    fc.assert(
      fc.property(shapes, (shape) => {
        const names: string[] = [];
        const canvas = build(shape, names);
        // Bodies stand in every message of their header: what counts is that each task is found.
        const text = JSON.stringify(plan(canvas).actions);
        expect(names.filter((name) => !text.includes(`"${name}"`))).toEqual([]);
        const sent = messages(plan(canvas)).map(({ task }) => task);
        expect(new Set(sent).size).toBe(sent.length);
      }),
    );
  });

  it('gives every chord as many parts as report to it, before the last message of its header', () => {
    fc.assert(
      fc.property(canvases, (canvas) => {
        const { actions } = plan(canvas);
        for (const [index, action] of actions.entries()) {
          if (action.kind !== 'startChord') continue;
          const sized = actions.findIndex((other) => other.kind === 'setChordSize' && other.groupId === action.groupId);
          expect(sized).toBeGreaterThan(index);
          expect(actions[sized]).toMatchObject({ size: action.size });
          expect(actions.slice(sized).some(({ kind }) => kind === 'publish')).toBe(true);
        }
      }),
    );
  });

  it('counts the places in a header from 0, without a gap', () => {
    fc.assert(
      fc.property(fc.array(canvases, { minLength: 1, maxLength: 4 }), (header) => {
        const { result, actions } = plan(chord(header, tsum));
        const [start] = actions;
        if (start?.kind !== 'startChord') throw new Error('the first action must be the start of the chord');
        const members = start.results.map(([[id]]) => id);
        expect(result.parent).toMatchObject({ id: start.groupId });
        expect(new Set(members).size).toBe(members.length);
        expect(start.size).toBe(header.reduce((sum, one) => sum + partsOf(one), 0));
      }),
    );
  });

  it('asks for the same ids in the same order', () => {
    fc.assert(
      fc.property(any, ([canvas, context]) => {
        const numbered = (): CanvasPlan | undefined => {
          let last = 0;
          return accepted(() => plan(canvas, { ...context, newId: () => `id-${(last += 1)}` }));
        };
        expect(numbered()).toEqual(numbered());
      }),
    );
  });

  it('survives being written and read again', () => {
    fc.assert(
      fc.property(canvases, (canvas) => {
        const read = readSignature(JSON.parse(JSON.stringify(canvas)));
        expect(read).toEqual(canvas);
        const ids = messages(plan(canvas)).map(({ id }) => id);
        expect(ids).not.toContain('');
      }),
    );
  });

  it('plans the rest of a workflow from the message of its first task', () => {
    const { actions } = plan(chain(add(1), group(add(2), add(3)), tsum));
    const [first] = actions;
    if (first?.kind !== 'publish') throw new Error('nothing is sent');
    const { embed, headers } = messageOf(first.signature);
    const [next] = embed.chain ?? [];
    if (!next) throw new Error('nothing follows');
    const rest = plan(next, { args: [1], options: { chain: [], parent_id: headers.id, root_id: headers.rootId } });
    expect(rest.actions.map(({ kind }) => kind)).toEqual(['startChord', 'publish', 'setChordSize', 'publish']);
    expect(messages(rest)).toMatchObject([
      { args: [1, 2], parent_id: headers.id, root_id: headers.rootId, embed: { chord: { task: 'proj.tasks.tsum' } } },
      { args: [1, 3], parent_id: headers.id, root_id: headers.rootId },
    ]);
  });

  it('knows the parents of what it gives', () => {
    const { result } = plan(chain(add(1), group(add(2), add(3)), tsum));
    expect(result).toMatchObject({
      task: 'proj.tasks.tsum',
      parent: { task: null, results: [{}, {}], parent: { task: 'proj.tasks.add', parent: null } },
    });
  });
});

describe('planCanvas refuses', () => {
  it('a chord where nobody counts', () => {
    const words = 'Starting chords requires a result backend to be configured.';
    expect(() => plan(chord(two, tsum), { chords: undefined })).toThrow(words);
    expect(() => plan(chain(add(1), group(add(2), add(3)), tsum), { chords: undefined })).toThrow(words);
  });

  it('callbacks of a group', () => {
    expect(() => plan(group(...two), { options: { link: [tsum] } })).toThrow('Cannot add link to group: use a chord');
    expect(() => plan(group(...two), { options: { link_error: [errback] } })).toThrow('do that on individual tasks');
  });

  it('what holds no tasks', () => {
    const empty = { ...chain(add(1), add(2)), kwargs: { tasks: [] } };
    expect(() => plan(empty)).toThrow('a chain needs at least one task');
    expect(() => plan({ ...group(), kwargs: {} })).toThrow("'celery.group' must name its tasks in an array");
    expect(() => plan({ ...chord(two, tsum), kwargs: { header: [] } })).toThrow('needs a signature as its body');
  });
});

type Shape = 'task' | { readonly kind: string; readonly parts: readonly Shape[]; readonly extra: number };

/** A canvas in which every task has a name of its own. */
function build(shape: Shape, names: string[]): SignatureJson {
  if (shape === 'task') {
    names.push(`task-${names.length}`);
    return signature(names.at(-1) ?? '');
  }
  const parts = shape.parts.map((part) => build(part, names));
  if (shape.kind === 'chain') return chain(...parts, build('task', names));
  if (shape.kind === 'group') return group(...parts);
  return chord(parts, build('task', names));
}

/** What is planned, or undefined where it is refused. */
function accepted(planned: () => CanvasPlan): CanvasPlan | undefined {
  try {
    return planned();
  } catch {
    return undefined;
  }
}

describe('chains', () => {
  it('make a chord of a group and what follows it, and join chains', () => {
    const upgraded = chain(group(...two), tsum, mul(2));
    expect(isChord(upgraded)).toBe(true);
    expect(headerOf(upgraded)).toEqual(two);
    expect(tasksOf(bodyOf(upgraded))).toEqual([tsum, mul(2)]);
    expect(tasksOf(chain(add(1), chain(add(2), add(3))))).toEqual([add(1), add(2), add(3)]);
    expect(chain(add(1))).toEqual(add(1));
    expect(chain(add(1), group(add(2)))).toEqual(chain(add(1), add(2)));
  });
});

describe('mappings', () => {
  it.each([
    ['map', 'number', () => map('t', 5 as never)],
    ['starmap', 'object', () => starmap('t', null as never)],
    ['chunks', 'object', () => chunks('t', {} as never, 2)],
  ])('%s refuses items that cannot be iterated: %s', (name, type, make) => {
    expect(make).toThrow(new InvalidTaskError(`${name}: the items must be an iterable, not ${type}`));
  });
});

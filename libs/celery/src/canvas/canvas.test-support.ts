import fc from 'fast-check';
import { encodeMessage } from '../message/encode-message.js';
import { decodeMessage } from '../message/decode-message.js';
import type { TaskMessage } from '../message/task-message.js';
import { chain, chord, group } from './canvas.js';
import { resultTuple } from './canvas-result.js';
import { immutable, withOptions } from './changes.js';
import { link, linkError } from './linking.js';
import { map } from './maps.js';
import type { CanvasPlan } from './plan-canvas.js';
import type { SignatureJson } from './signature-json.js';
import { signatureMessage } from './signature-message.js';
import { signature } from './signature.js';
import { stamp } from './stamp.js';

const task: fc.Arbitrary<SignatureJson> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.array(fc.nat(9), { maxLength: 2 })).map(call) },
  { weight: 1, arbitrary: fc.constant(map('m', [1, 2])) },
);

function call([name, args]: [string, number[]]): SignatureJson {
  return signature(name, { args });
}

/** Changes that leave a signature what it is. */
const change: fc.Arbitrary<(signature: SignatureJson) => SignatureJson> = fc.oneof(
  { weight: 12, arbitrary: fc.constant((one: SignatureJson) => one) },
  { weight: 1, arbitrary: fc.constant((one: SignatureJson) => immutable(one)) },
  { weight: 1, arbitrary: fc.constant((one: SignatureJson) => withOptions(one, { queue: 'slow' })) },
  { weight: 1, arbitrary: fc.constant((one: SignatureJson) => stamp(one, { tenant: 'acme' })) },
  { weight: 1, arbitrary: task.map((callback) => (one: SignatureJson) => link(one, callback)) },
  { weight: 1, arbitrary: task.map((errback) => (one: SignatureJson) => linkError(one, errback)) },
);

/** Signatures of every kind, nested in any way. */
export const canvases: fc.Arbitrary<SignatureJson> = fc.letrec<{ canvas: SignatureJson }>((tie) => ({
  canvas: fc
    .tuple(
      fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        task,
        fc.array(tie('canvas'), { minLength: 1, maxLength: 4 }).map((steps) => chain(...steps)),
        fc.array(tie('canvas'), { minLength: 1, maxLength: 3 }).map((members) => group(...members)),
        fc
          .tuple(fc.array(tie('canvas'), { minLength: 1, maxLength: 3 }), tie('canvas'))
          .map(([header, body]) => chord(header, body)),
      ),
      change,
    )
    .map(([one, changed]) => changed(one)),
})).canvas;

/** Options of a call, under Celery's names. */
export const callOptions: fc.Arbitrary<Readonly<Record<string, unknown>>> = fc.record(
  {
    countdown: fc.constant(10),
    queue: fc.constant('other'),
    task_id: fc.constant('00000000-0000-4000-8000-000000000001'),
    root_id: fc.constant('00000000-0000-4000-8000-000000000002'),
    parent_id: fc.constant('00000000-0000-4000-8000-000000000003'),
    link: fc.constant([signature('linked')]),
    link_error: fc.constant([signature('failed')]),
    chain: fc.array(task, { maxLength: 2 }),
    priority: fc.constant(3),
  },
  { requiredKeys: [] },
);

/** An action as Celery or a plan has it, without what is drawn or measured. */
export type Comparable = Readonly<Record<string, unknown>>;

/** What a plan sends, as a worker receives it. */
export function sentBy({ actions, result }: CanvasPlan): Comparable {
  return {
    actions: actions.map((action) => (action.kind === 'publish' ? received(action.signature) : counted(action))),
    result: ownId(resultTuple(result)),
  };
}

/** The message of a planned signature, as a worker reads it. */
export function messageOf(signature: SignatureJson): TaskMessage {
  const message = signatureMessage(signature, { args: [], id: '', queue: 'celery', origin: 'gen1@host', now: 0 });
  const decoded = decodeMessage(encodeMessage(message));
  if (decoded.kind !== 'task') throw new Error('what was written cannot be read');
  return decoded.message;
}

function received(signature: SignatureJson): Comparable {
  return partsOfMessage(messageOf(signature));
}

/** What a plan decides of a message. */
export function partsOfMessage({ headers, args, kwargs, embed }: TaskMessage): Comparable {
  const { task: name, id, group: groupId, groupIndex, rootId, parentId, stamps, eta } = headers;
  const ids = { id, group: groupId, group_index: groupIndex, root_id: rootId, parent_id: parentId };
  return withoutParents({ kind: 'publish', task: name, ...ids, stamps, eta: eta !== null, args, kwargs, embed });
}

/** A poll for a chord's end names the results it waits for. */
function withoutParents(action: Comparable): Comparable {
  if (action['task'] !== 'celery.chord_unlock') return action;
  const kwargs = action['kwargs'] as Comparable;
  return { ...action, kwargs: { ...kwargs, result: (kwargs['result'] as unknown[]).map(ownId) } };
}

/** The same of what Celery did, as `test/interop/python/canvas.py` tells it. */
export function sentByCelery({ actions, result }: { actions: Comparable[]; result: unknown }): Comparable {
  return {
    actions: actions.map(({ headers, queue: _queue, priority: _priority, ...action }) => {
      if (action['kind'] !== 'publish') return counted(action);
      const { id, group: groupId, group_index, root_id, parent_id, stamps, eta } = headers as Comparable;
      return withoutParents({
        ...action,
        id,
        group: groupId,
        group_index,
        root_id,
        parent_id,
        stamps,
        eta: eta !== null,
      });
    }),
    result: ownId(result),
  };
}

/** Celery tells the size once only. */
function counted({ kind, groupId, size, results }: Comparable): Comparable {
  if (kind === 'setChordSize') return { kind, groupId, size };
  return { kind, groupId, results: (results as unknown[]).map(ownId) };
}

/** A result without its parents: Celery draws the id of a chord's header anew after it has named it there. */
function ownId(result: unknown): unknown {
  const [[id], members] = result as [[string], unknown[] | null];
  return [id, members?.map(ownId)];
}

/** Ids by the order in which they are met, sorted keys, and without options that say nothing. */
export function comparable(value: unknown): unknown {
  const ids = new Map<string, string>();
  const text = JSON.stringify(plain(value)).replaceAll(UUID, (id) => {
    if (!ids.has(id)) ids.set(id, `id-${ids.size}`);
    return ids.get(id) ?? id;
  });
  return JSON.parse(text);
}

const UUID = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g;

/** `reply_to` is for the rpc backend, which SQS cannot carry; `add_to_parent` is Celery's own and slips in. */
const LEFT_OUT = new Set(['reply_to', 'add_to_parent', '_chord_unlock_exchange_type']);

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(isPart(value) ? withoutOwnIds(value) : value)
    .filter(([name, held]) => !LEFT_OUT.has(name) && held !== null && held !== undefined)
    .map(([name, held]) => [name, name === 'stamped_headers' ? [...(held as string[])].toSorted() : plain(held)])
    .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  return Object.fromEntries(entries);
}

/** A group or a chord within a workflow, whose own ids Celery draws again, or forgets, when it takes it apart. */
function isPart(value: object): value is SignatureJson {
  return 'subtask_type' in value && (value.subtask_type === 'group' || value.subtask_type === 'chord');
}

function withoutOwnIds({ options, ...part }: SignatureJson): object {
  return { ...part, options: { ...options, task_id: null, root_id: null } };
}

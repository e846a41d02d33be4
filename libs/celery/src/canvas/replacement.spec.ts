import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { uuid5, NAMESPACE_OID } from '../message/uuid.js';
import type { TaskMessage } from '../message/task-message.js';
import { chain, group } from './canvas.js';
import { comparable, messageOf, sentByCelery, sentBy, type Comparable } from './canvas.test-support.js';
import { withoutNulls } from './merge.js';
import { planCanvas, type CanvasPlan } from './plan-canvas.js';
import { checkReplacement, replacementOf, type ReplacedTask } from './replacement.js';
import { isRecord, type SignatureJson } from './signature-json.js';
import { signature } from './signature.js';

/** `self.request` of a task that Celery replaced. */
type PythonRequest = Readonly<Record<string, unknown>> & Pick<TaskMessage['headers'], 'id'>;

interface Recorded {
  readonly cases: readonly {
    readonly name: string;
    readonly replaced: PythonRequest;
    readonly canvas: SignatureJson;
    readonly sent: { readonly actions: Comparable[] };
  }[];
}

const { cases } = JSON.parse(
  readFileSync(new URL('../../../../test/vectors/tables/replace.json', import.meta.url), 'utf8'),
) as Recorded;

function replacedTask({ callbacks, errbacks, chain: rest, chord: body, ...request }: PythonRequest): ReplacedTask {
  const { headers } = messageOf(signature('replaced', { taskId: request.id }));
  return {
    headers: {
      ...headers,
      rootId: (request['root_id'] as string | undefined) ?? request.id,
      group: (request['group'] as string | undefined) ?? null,
      groupIndex: (request['group_index'] as number | undefined) ?? null,
      replacedTaskNesting: Number(request['replaced_task_nesting'] ?? 0),
    },
    embed: { callbacks, errbacks, chain: rest, chord: body } as ReplacedTask['embed'],
  };
}

let drawn = 0;
const newId = (): string => uuid5(NAMESPACE_OID, String(drawn++));

/** What is sent instead of the task, from a worker: whatever names no parent is a child of it. */
function plan(canvas: SignatureJson, replaced: ReplacedTask): CanvasPlan {
  const planned = planCanvas(replacementOf(canvas, replaced, newId), { newId, chords: 'counted' });
  const parents = { parent_id: replaced.headers.id, root_id: replaced.headers.rootId };
  const childOf = ({ options, ...one }: SignatureJson): SignatureJson => ({
    ...one,
    options: { ...parents, ...withoutNulls(options) },
  });
  return {
    result: { id: '', task: null, parent: null, results: null },
    actions: planned.actions.map((action) =>
      action.kind === 'publish' ? { ...action, signature: childOf(action.signature) } : action,
    ),
  };
}

/** How deep each message says that it is nested. */
function nesting(actions: readonly Comparable[]): unknown[] {
  return actions.flatMap(({ headers }) => (isRecord(headers) ? [headers['replaced_task_nesting']] : []));
}

describe('replacementOf gives what Celery sends', () => {
  it.each(cases.map((one) => [one.name, one] as const))('%s', (_name, { canvas, replaced, sent }) => {
    const planned = plan(canvas, replacedTask(replaced));
    const theirs = sentByCelery({ actions: sent.actions.map((one) => ({ ...one })), result: [[''], null] });
    expect(comparable(sentBy(planned))).toEqual(comparable(theirs));
    const messages = planned.actions.flatMap((action) =>
      action.kind === 'publish' ? [messageOf(action.signature).headers] : [],
    );
    expect(messages.map(({ replacedTaskNesting }) => replacedTaskNesting)).toEqual(nesting(sent.actions));
  });
});

describe('replacementOf refuses', () => {
  const replaced = replacedTask({ id: 'task-1' });

  it.each<[string, unknown, RegExp]>([
    ['what is no signature', { task: '' }, /by a signature only/],
    ['a part of a chord', { ...signature('a'), options: { chord: null } }, /must not be part of a chord/],
    ['an empty chain', { ...chain(signature('a'), signature('b')), kwargs: { tasks: [] } }, /empty chain/],
  ])('%s, where the task asks for it', (_what, value, message) => {
    expect(() => checkReplacement(value)).toThrow(message);
  });

  it.each<[string, SignatureJson]>([
    ['a task', signature('a', { taskId: 'mine' })],
    ['a chain', chain(signature('a'), signature('b', { taskId: 'mine' }))],
  ])('%s with an id of its own', (_what, value) => {
    expect(() => replacementOf(value, replaced, newId)).toThrow(/leave taskId out/);
  });

  it('nothing of a group: its id is its own', () => {
    expect(() => replacementOf(group(signature('a', { taskId: 'mine' })), replaced, newId)).not.toThrow();
  });
});

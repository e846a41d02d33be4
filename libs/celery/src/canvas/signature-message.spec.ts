import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeMessage } from '../message/decode-message.js';
import { encodeMessage } from '../message/encode-message.js';
import type { TaskMessage } from '../message/task-message.js';
import { isSingleTask, signatureMessage, type SignatureCall } from './signature-message.js';
import { signature } from './signature.js';
import type { SignatureJson } from './signature-json.js';

function vector(name: string): TaskMessage {
  const file = new URL(`../../../../test/vectors/${name}.json`, import.meta.url);
  const decoded = decodeMessage((JSON.parse(readFileSync(file, 'utf8')) as { sqs_body: string }).sqs_body);
  if (decoded.kind !== 'task') throw new Error(`${name} is no task`);
  return decoded.message;
}

/** A message as it arrives, without what is drawn anew for each. */
function comparable(message: TaskMessage) {
  const { headers, properties, embed, args, kwargs } = message;
  const { origin: _origin, lang: _lang, id: _id, ...fixed } = headers;
  const { deliveryTag: _tag, correlationId: _correlation, replyTo: _replyTo, ...sent } = properties;
  return { headers: fixed, properties: sent, embed, args, kwargs };
}

function sent(step: SignatureJson, call: Partial<SignatureCall>): TaskMessage {
  const message = signatureMessage(step, {
    args: [],
    id: 'drawn',
    queue: 'wq',
    parentId: 'parent',
    rootId: 'root',
    origin: 'gen1@host',
    now: Date.UTC(2030, 0, 1),
    ...call,
  });
  const decoded = decodeMessage(encodeMessage(message));
  if (decoded.kind !== 'task') throw new Error('what was written cannot be read');
  return decoded.message;
}

describe('signatureMessage sends what a Python worker sends', () => {
  it('for the next step of a chain', () => {
    const theirs = vector('chain_3.worker.0');
    const step = { ...signature('proj.tasks.add', { args: [3] }), options: { task_id: theirs.headers.id } };
    const { rootId, parentId } = theirs.headers;
    const ours = sent(step, { args: [3], rootId, parentId: parentId ?? '', chain: theirs.embed.chain ?? [] });
    expect(comparable(ours)).toEqual(comparable(theirs));
    expect(ours.headers.id).toBe(theirs.headers.id);
  });

  it('for the last step of a chain', () => {
    const theirs = vector('chain_3.worker.1');
    const step = vector('chain_3.worker.0').embed.chain?.[0] as SignatureJson;
    const { rootId, parentId } = theirs.headers;
    const ours = sent(step, { args: [6], rootId, parentId: parentId ?? '', chain: [] });
    expect(comparable(ours)).toEqual(comparable(theirs));
  });

  it('for a callback', () => {
    const theirs = vector('link.worker.0');
    const { rootId, parentId } = theirs.headers;
    const ours = sent(signature('proj.tasks.mul', { args: [16] }), { args: [4], rootId, parentId: parentId ?? '' });
    expect(comparable(ours)).toEqual(comparable(theirs));
  });

  it.each([
    ['link_two.worker.0', signature('proj.tasks.mul', { args: [16] }), 0],
    ['link_two.worker.1', signature('proj.tasks.mul', { args: [3, 3], immutable: true }), 1],
    ['link_error_old.worker.0', signature('proj.tasks.on_err_old'), 0],
    ['link_error_unregistered.worker.0', signature('other.lang.on_err'), 0],
  ])('for a member of a group of callbacks: %s', (name, step, index) => {
    const theirs = vector(name);
    const { rootId, parentId, group } = theirs.headers;
    const args = name.startsWith('link_error') ? [rootId] : [4];
    const ours = sent(step, { args, rootId, parentId: parentId ?? '', group: { id: group ?? '', index } });
    expect(comparable(ours)).toEqual(comparable(theirs));
  });
});

describe('signatureMessage', () => {
  it('puts every option in its place', () => {
    const step = signature('next', {
      taskId: 'its-own',
      queue: 'slow',
      countdown: 60,
      expires: 120,
      priority: 4,
      headers: { 'x-tenant': 'acme' },
      timeLimit: 30,
      softTimeLimit: 20,
      shadow: 'shown',
      ignoreResult: true,
      link: signature('after'),
      linkError: signature('failed'),
      groupId: 'fair',
    });
    const options = { ...step.options, group_id: 'g', group_index: 2, stamped_headers: ['tenant'], tenant: 'acme' };
    const message = sent({ ...step, options }, {});
    expect(message.headers).toMatchObject({
      id: 'its-own',
      eta: '2030-01-01T00:01:00+00:00',
      expires: '2030-01-01T00:02:00+00:00',
      timelimit: [30, 20],
      shadow: 'shown',
      ignoreResult: true,
      group: 'g',
      groupIndex: 2,
      stampedHeaders: ['tenant'],
      stamps: { tenant: 'acme' },
      custom: { 'x-tenant': 'acme' },
      rootId: 'root',
      parentId: 'parent',
    });
    expect(message.properties).toMatchObject({
      priority: 4,
      deliveryInfo: { routingKey: 'slow' },
      custom: { MessageGroupId: 'fair' },
    });
    expect(message.embed).toMatchObject({ callbacks: [signature('after')], errbacks: [signature('failed')] });
  });

  it('knows a single task from a workflow', () => {
    expect(isSingleTask(signature('a'))).toBe(true);
    expect(isSingleTask({ ...signature('celery.map'), subtask_type: 'xmap' })).toBe(true);
    for (const subtask_type of ['chain', 'group', 'chord', 'chunks']) {
      expect(isSingleTask({ ...signature('a'), subtask_type })).toBe(false);
    }
  });

  it('leaves out custom headers that would end a Python worker', () => {
    const headers = { tenant: 'acme', get: 1, id: 'stolen', headers: { trace: 't' } };
    const step = { ...signature('add'), options: { headers } };
    expect(sent(step, {}).headers.custom).toEqual({ tenant: 'acme', headers: { trace: 't' } });
  });
});

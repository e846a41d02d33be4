import { describe, expect, it } from 'vitest';
import { signature } from '../canvas/signature.js';
import { InvalidTaskError } from '../errors/task-errors.js';
import { UnsupportedCompressionError, builtinCompressors } from '../serialization/index.js';
import { createTaskMessage } from './create-task-message.js';
import { decodeMessage } from './decode-message.js';
import { encodeMessage } from './encode-message.js';
import { parseIsoDateTime } from './iso-date-time.js';
import { republishMessage, retryMessage, type RetryChange } from './retry-message.js';
import type { TaskMessage } from './task-message.js';
import { vector, type Vector } from './vectors.test-support.js';

function received(body: string): TaskMessage {
  const decoded = decodeMessage(body);
  if (decoded.kind !== 'task') throw new Error(JSON.stringify(decoded));
  return decoded.message;
}

function wire(message: TaskMessage): { headers: Record<string, unknown>; properties: Record<string, unknown> } {
  return JSON.parse(encodeMessage(message, { envelope: 'raw' })) as ReturnType<typeof wire>;
}

const readsBzip2 = builtinCompressors.with({
  contentType: 'application/x-bz2',
  aliases: ['bzip2'],
  compress: () => {
    throw new UnsupportedCompressionError('read only');
  },
  decompress: (bytes) => bytes,
});

const CHANGE: RetryChange = { now: 0, origin: 'gen2@worker', defaultQueue: 'received-from' };

/** The first attempt, as it must have been for Celery's retry to look as it does. */
function original({ decoded_envelope: { headers, properties } }: Vector, call: object): TaskMessage {
  return createTaskMessage({
    task: String(headers['task']),
    id: String(headers['id']),
    args: [5],
    queue: 'wq',
    origin: String(headers['origin']),
    replyTo: String(properties['reply_to']),
    now: 0,
    ...call,
  });
}

describe('retryMessage: the same retry as Celery', () => {
  const expires = vector('retry.worker.0').decoded_envelope.headers['expires'];
  it.each<[string, object]>([
    ['retry.worker.0', { headers: { 'x-tenant': 'acme' }, timelimit: [30, null], expires }],
    [
      'sentry_style_headers_retry.worker.0',
      { headers: { 'sentry-trace': 'a', headers: { 'sentry-trace': 'a' }, other: 1 } },
    ],
    [
      'retry_linked.worker.0',
      {
        priority: 3,
        embed: {
          callbacks: [signature('proj.tasks.mul', { args: [2] })],
          errbacks: [signature('proj.tasks.on_err_old')],
        },
      },
    ],
    ['autoretry.worker.0', { args: [] }],
  ])('%s', (name, call) => {
    const sent = vector(name);
    const { headers, properties } = sent.decoded_envelope;
    const eta = parseIsoDateTime(String(headers['eta'])) ?? Number.NaN;
    const expiresMs = parseIsoDateTime(String(headers['expires']));
    // Celery's own clock at the retry, seen from the expiration it computed.
    const now = expiresMs === undefined ? eta - 1000 : expiresMs - Number(properties['expiration']);
    const first = received(encodeMessage(original(sent, call)));
    const retried = retryMessage(first, { ...CHANGE, now, countdown: (eta - now) / 1000 });
    const ours = wire(retried);
    expect(Object.keys(ours.headers)).toEqual(Object.keys(headers));
    expect({ ...ours.headers, eta: parseIsoDateTime(String(ours.headers['eta'])) }).toEqual({
      ...headers,
      lang: 'js',
      eta,
    });
    expect(Object.keys(ours.properties)).toEqual(Object.keys(properties));
    expect({ ...ours.properties, delivery_tag: '' }).toEqual({ ...properties, delivery_tag: '' });
    expect([retried.args, retried.kwargs, retried.embed]).toEqual(sent.decoded_body);
  });
});

describe('retryMessage', () => {
  const first = createTaskMessage({
    task: 'add',
    id: 'id-1',
    args: [1],
    kwargs: { a: 1 },
    queue: 'sums',
    origin: 'gen1@host',
    now: 0,
    retries: 2,
    rootId: 'root',
    parentId: 'parent',
    group: 'group',
    groupIndex: 3,
    replacedTaskNesting: 1,
    ignoreResult: true,
    shadow: 'shadow',
    stampedHeaders: ['tenant'],
    stamps: { tenant: 'acme' },
    properties: { MessageGroupId: 'g', MessageDeduplicationId: 'd', DelaySeconds: 4 },
  });

  it('keeps who the task is and counts the retry', () => {
    expect(retryMessage(first, CHANGE).headers).toMatchObject({
      id: 'id-1',
      retries: 3,
      rootId: 'root',
      parentId: 'parent',
      group: 'group',
      groupIndex: 3,
      replacedTaskNesting: 1,
      shadow: 'shadow',
      stampedHeaders: ['tenant'],
      stamps: { tenant: 'acme' },
      origin: 'gen1@host',
      eta: null,
    });
  });

  it("keeps the caller's ignore_result, and asks the task only where the message has none", () => {
    const silent = { ...first, headers: { ...first.headers, ignoreResult: undefined } };
    const retried = (message: TaskMessage, ignoreResult?: boolean) =>
      retryMessage(message, { ...CHANGE, ignoreResult }).headers.ignoreResult;
    expect([retried(first), retried(first, false)]).toEqual([true, true]);
    expect([retried(silent), retried(silent, true)]).toEqual([false, true]);
  });

  it("drops the old message's publish options", () => {
    expect(retryMessage(first, CHANGE).properties.custom).toEqual({ origin: 'gen1@host' });
    expect(retryMessage(first, { ...CHANGE, properties: { MessageGroupId: 'g' } }).properties.custom).toEqual({
      origin: 'gen1@host',
      MessageGroupId: 'g',
    });
  });

  it('takes new arguments and shows them', () => {
    const { args, kwargs, headers } = retryMessage(first, { ...CHANGE, args: [7, 8], kwargs: {} });
    expect([args, kwargs, headers.argsrepr, headers.kwargsrepr]).toEqual([[7, 8], {}, '(7, 8)', '{}']);
  });

  it('goes back where it came from, unless told otherwise', () => {
    const queueOf = (message: TaskMessage, change: Partial<RetryChange> = {}) =>
      retryMessage(message, { ...CHANGE, ...change }).properties.deliveryInfo;
    const lost = { ...first, properties: { ...first.properties, deliveryInfo: { exchange: null, routingKey: null } } };
    const topic = {
      ...first,
      properties: { ...first.properties, deliveryInfo: { exchange: 'ex.one', routingKey: 'one.x' } },
    };
    expect(queueOf(first)).toEqual({ exchange: '', routingKey: 'sums' });
    expect(queueOf(first, { queue: 'slow' })).toEqual({ exchange: '', routingKey: 'slow' });
    expect(queueOf(lost)).toEqual({ exchange: '', routingKey: 'received-from' });
    expect(queueOf(topic)).toEqual({ exchange: '', routingKey: 'received-from' });
  });

  it('carries custom headers but those that Python reads as its own', () => {
    const message = { ...first, headers: { ...first.headers, custom: { tenant: 'acme', utc: true, hostname: 'x' } } };
    expect(retryMessage(message, CHANGE).headers.custom).toEqual({ tenant: 'acme' });
    expect(retryMessage(message, { ...CHANGE, headers: { only: 1 } }).headers.custom).toEqual({ only: 1 });
  });

  it('never fails for a name of the request that came in', () => {
    const message = { ...first, headers: { ...first.headers, custom: { tenant: 'acme', get: 1, update: 2 } } };
    expect(retryMessage(message, CHANGE).headers.custom).toEqual({ tenant: 'acme' });
    const { custom } = message.headers;
    expect(retryMessage(message, { ...CHANGE, headers: { ...custom, more: 1 } }).headers.custom).toEqual({
      tenant: 'acme',
      more: 1,
    });
    expect(() => retryMessage(message, { ...CHANGE, headers: { clear: 1 } })).toThrow(InvalidTaskError);
  });

  it('never lets nested headers take the place of the protocol', () => {
    const custom = { headers: { id: 'stolen', task: 'evil', trace: 't' }, other: 1 };
    const { headers } = retryMessage({ ...first, headers: { ...first.headers, custom } }, CHANGE);
    expect(headers).toMatchObject({ id: 'id-1', task: 'add', custom: { trace: 't' } });
  });

  it('keeps custom headers where one named headers is no object', () => {
    const custom = { headers: 'text', other: 1 };
    expect(retryMessage({ ...first, headers: { ...first.headers, custom } }, CHANGE).headers.custom).toEqual({
      other: 1,
    });
  });

  it('names itself as origin and parent where the message names none', () => {
    const bare = received(
      JSON.stringify({
        body: '[[],{},{}]',
        'content-type': 'application/json',
        headers: { task: 'add', id: 'id-1', timelimit: [0, null], retries: '4' },
        properties: { priority: -1 },
      }),
    );
    const retried = retryMessage(bare, CHANGE);
    expect(retried.headers).toMatchObject({ origin: 'gen2@worker', parentId: 'id-1', rootId: 'id-1', retries: 5 });
    expect(retried.properties).toMatchObject({ custom: {}, priority: 0, replyTo: '' });
  });

  it('writes protocol 1 as protocol 2, compressed as it was', () => {
    const retried = retryMessage({ ...received(vector('protocol_v1_chain').sqs_body), compression: 'gzip' }, CHANGE);
    expect(retried).toMatchObject({
      protocol: 2,
      headers: { retries: 1 },
      embed: { callbacks: [{ task: 'proj.tasks.add' }] },
    });
    expect(wire(retried).headers['compression']).toBe('application/x-gzip');
  });

  it('stays compressed: with zlib where the compression can only be read, or is not there', () => {
    const large = { ...first, args: ['x'.repeat(1_500_000)] };
    for (const compression of [
      'application/x-gzip',
      'application/x-brotli',
      'application/x-bz2',
      'application/x-lzma',
    ]) {
      const body = encodeMessage(retryMessage({ ...large, compression }, CHANGE), { compressors: readsBzip2 });
      const written =
        compression.endsWith('gzip') || compression.endsWith('brotli') ? compression : 'application/x-gzip';
      expect(received(body)).toMatchObject({ compression: written, args: large.args });
      expect(body.length).toBeLessThan(100_000);
    }
    const chosen = retryMessage({ ...first, compression: 'application/x-gzip' }, CHANGE);
    expect(received(encodeMessage(chosen, { compression: 'brotli' })).compression).toBe('application/x-brotli');
  });

  it('counts from what the caller knows better', () => {
    expect(retryMessage(first, { ...CHANGE, retries: 6 }).headers.retries).toBe(7);
  });
});

describe('republishMessage', () => {
  it.each(['options_full', 'retry.worker.0', 'stamped', 'chain_3', 'compression_zlib'])(
    'changes nothing of %s',
    (name) => {
      const sent = vector(name);
      const again = wire(republishMessage(received(sent.sqs_body)));
      expect(again.headers).toEqual(sent.decoded_envelope.headers);
      expect(again.properties).toEqual(sent.decoded_envelope.properties);
    },
  );

  it('is written in protocol 2', () => {
    const again = republishMessage(received(vector('protocol_v1').sqs_body));
    expect(again.protocol).toBe(2);
    expect(received(encodeMessage(again))).toMatchObject({
      protocol: 2,
      args: [2, 3],
      headers: { id: again.headers.id },
    });
  });
});

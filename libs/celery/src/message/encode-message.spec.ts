import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signature } from '../canvas/signature.js';
import { InvalidTaskError } from '../errors/task-errors.js';
import { DateTime, EncodeError, Float, UnsupportedCompressionError, jsonTypes } from '../serialization/index.js';
import { createTaskMessage, type TaskMessageSpec } from './create-task-message.js';
import { decodeMessage } from './decode-message.js';
import { encodeMessage, type EncodeOptions } from './encode-message.js';
import { parseIsoDateTime } from './iso-date-time.js';
import type { TaskMessage } from './task-message.js';
import { strict, vector, type Vector } from './vectors.test-support.js';

interface Wire {
  body: string;
  headers: Record<string, unknown>;
  properties: Record<string, unknown>;
}

function unwrap(sqsBody: string): Wire {
  const json = sqsBody.startsWith('{') ? sqsBody : Buffer.from(sqsBody, 'base64').toString('utf8');
  return JSON.parse(json) as Wire;
}

function decodeTask(sqsBody: string): TaskMessage {
  const decoded = decodeMessage(sqsBody);
  if (decoded.kind !== 'task') throw new Error(JSON.stringify(decoded));
  return decoded.message;
}

/** The moment at which Celery published, seen from an eta or expires that it computed. */
function sentAt(moment: unknown, secondsBefore: number): number {
  return (parseIsoDateTime(String(moment)) ?? Number.NaN) - secondsBefore * 1000;
}

function specFor(
  { decoded_envelope: { headers, properties } }: Vector,
  call: Partial<TaskMessageSpec>,
): TaskMessageSpec {
  const info = properties['delivery_info'] as { routing_key: string };
  return {
    task: String(headers['task']),
    id: String(headers['id']),
    origin: String(headers['origin']),
    replyTo: String(properties['reply_to']),
    queue: info.routing_key,
    now: 0,
    args: [2, 3],
    ...call,
  };
}

const SAME_CALLS: [string, (sent: Vector) => Partial<TaskMessageSpec>][] = [
  ['simple_task', () => ({})],
  ['simple_kwargs', () => ({ args: [], kwargs: { x: 2, y: 3 } })],
  ['countdown', ({ decoded_envelope: { headers } }) => ({ countdown: 60, now: sentAt(headers['eta'], 60) })],
  [
    'countdown_expires_both',
    ({ decoded_envelope: { headers } }) => ({ countdown: 10, expires: 60, now: sentAt(headers['eta'], 10) }),
  ],
  ['expires_int', ({ decoded_envelope: { headers } }) => ({ expires: 120, now: sentAt(headers['expires'], 120) })],
  ['eta_naive', () => ({ eta: '2030-01-02T03:04:05' })],
  ['eta_aware', () => ({ eta: DateTime.from('2030-01-02T03:04:05.678901-08:00') })],
  [
    'options_full',
    () => ({
      shadow: 'shadow.name',
      timelimit: [30, 20],
      priority: 5,
      ignoreResult: true,
      headers: { 'x-tenant': 'acme', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
      retries: 2,
      rootId: 'root-1',
      parentId: 'parent-1',
    }),
  ],
  ['fifo_explicit', () => ({ properties: { MessageGroupId: 'g1', MessageDeduplicationId: 'd1' } })],
  ['fair_queue_group', () => ({ properties: { MessageGroupId: 'tenant-1' } })],
  ['delay_seconds', () => ({ properties: { DelaySeconds: 7 } })],
  [
    'group_2.1',
    ({ decoded_envelope: { headers } }) => ({ args: [3, 4], group: String(headers['group']), groupIndex: 1 }),
  ],
  [
    'stamped',
    () => ({ args: [1, 2], stampedHeaders: ['stamps2', 'my_stamp'], stamps: { stamps2: ['a', 'b'], my_stamp: 'v1' } }),
  ],
  [
    'chain_3',
    ({ decoded_body }) => {
      const [, , embed] = decoded_body as [
        unknown,
        unknown,
        { chain: { options: { task_id: string; reply_to: string } }[] },
      ];
      const step = (task: string, arg: number, at: number) => {
        const { options, ...rest } = signature(task, { args: [arg] });
        return { ...rest, options: { ...options, ...embed.chain[at]?.options } };
      };
      return { args: [1, 2], embed: { chain: [step('proj.tasks.mul', 10, 0), step('proj.tasks.add', 3, 1)] } };
    },
  ],
  [
    'link_and_link_error',
    () => ({
      args: [2, 2],
      embed: {
        callbacks: [signature('proj.tasks.mul', { args: [16] })],
        errbacks: [signature('proj.tasks.on_err_old'), signature('proj.tasks.on_err_new')],
      },
    }),
  ],
];

/** Celery's clock has microseconds, ours milliseconds. */
function toMilliseconds(headers: Record<string, unknown>): Record<string, unknown> {
  return { ...headers, eta: truncated(headers['eta']), expires: truncated(headers['expires']) };
}

function truncated(moment: unknown): unknown {
  return typeof moment === 'string' ? parseIsoDateTime(moment) : moment;
}

describe('encodeMessage: the same call as Celery', () => {
  it.each(SAME_CALLS)('%s: the same headers, in the same order', (name, call) => {
    const sent = vector(name);
    const ours = unwrap(encodeMessage(createTaskMessage(specFor(sent, call(sent))))).headers;
    const theirs = sent.decoded_envelope.headers;
    expect(Object.keys(ours)).toEqual(Object.keys(theirs));
    expect(toMilliseconds(ours)).toEqual({ ...toMilliseconds(theirs), lang: 'js' });
  });

  it.each(SAME_CALLS)('%s: the same properties, in the same order', (name, call) => {
    const sent = vector(name);
    const ours = unwrap(encodeMessage(createTaskMessage(specFor(sent, call(sent))))).properties;
    const theirs = sent.decoded_envelope.properties;
    expect(Object.keys(ours)).toEqual(Object.keys(theirs));
    expect({ ...ours, delivery_tag: '' }).toEqual({ ...theirs, delivery_tag: '' });
  });

  it.each(SAME_CALLS)('%s: the same body', (name, call) => {
    const sent = vector(name);
    const ours = unwrap(encodeMessage(createTaskMessage(specFor(sent, call(sent))))).body;
    expect(JSON.parse(Buffer.from(ours, 'base64').toString('utf8'))).toEqual(sent.decoded_body);
  });
});

const message = createTaskMessage({ task: 'add', args: [1], queue: 'celery', origin: 'gen1@host', now: 0, id: 'id-1' });

describe('encodeMessage: the forms', () => {
  const simple = createTaskMessage(specFor(vector('simple_task'), {}));

  it('is no longer than Celery, and a quarter shorter when compact', () => {
    expect(vector('simple_task').sqs_body).toHaveLength(1252);
    expect(encodeMessage(simple).length).toBeLessThanOrEqual(1252);
    expect(encodeMessage(simple, { envelope: 'compact' }).length).toBeLessThanOrEqual(0.75 * 1252);
  });

  it('writes both layers of base64 by default, one when raw', () => {
    expect(encodeMessage(message)).toMatch(/^[A-Za-z0-9+/]+={0,2}$/);
    const raw = unwrap(encodeMessage(message, { envelope: 'raw' }));
    expect(raw).toEqual(unwrap(encodeMessage(message)));
    expect(raw.properties['body_encoding']).toBe('base64');
  });

  it('writes a compact body in the shorter form', () => {
    const plain = unwrap(encodeMessage(message, { envelope: 'compact' }));
    expect(JSON.parse(plain.body)).toEqual([[1], {}, { callbacks: null, errbacks: null, chain: null, chord: null }]);
    expect(plain.properties).not.toHaveProperty('body_encoding');
    const quoted = encodeMessage({ ...message, args: ['"'.repeat(500)] }, { envelope: 'compact' });
    expect(unwrap(quoted).properties['body_encoding']).toBe('base64');
  });

  it.each(['base64', 'raw', 'compact'] as const)('%s: what SQS forbids is escaped', (envelope) => {
    const forbidden = '\u0000\u0007\uFFFE\uFFFF\uD800';
    const body = encodeMessage(
      { ...message, args: [forbidden], headers: { ...message.headers, shadow: forbidden } },
      { envelope },
    );
    expect(body).not.toMatch(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u);
    expect(decodeTask(body)).toMatchObject({ args: [forbidden], headers: { shadow: forbidden } });
  });

  it('compresses with what it is asked for, or as the message was', () => {
    const text = 'x'.repeat(5000);
    const body = encodeMessage({ ...message, args: [text] }, { compression: 'zlib' });
    expect(body.length).toBeLessThan(2000);
    expect(Object.keys(unwrap(body).headers).at(-1)).toBe('compression');
    const received = decodeTask(body);
    expect(received).toMatchObject({ compression: 'application/x-gzip', args: [text] });
    expect(unwrap(encodeMessage(received)).headers['compression']).toBe('application/x-gzip');
    expect(() => encodeMessage(message, { compression: 'lzw' })).toThrow(UnsupportedCompressionError);
  });

  it('leaves the representations out where they are not wanted', () => {
    const bare = createTaskMessage({ task: 'add', queue: 'celery', origin: 'gen1@host', now: 0, argsreprMaxsize: 0 });
    expect(unwrap(encodeMessage(bare)).headers).toMatchObject({ argsrepr: null, kwargsrepr: null });
  });

  it("says where a value is, in the caller's words", () => {
    const bad = { ...message, args: [1, { when: Symbol('x') }] };
    expect(() => encodeMessage(bad)).toThrow(EncodeError);
    expect(() => encodeMessage(bad)).toThrow(/\$\.args\[1\]\.when/);
    expect(() => encodeMessage({ ...message, kwargs: { f: () => 1 } })).toThrow(/\$\.kwargs\.f/);
  });

  it('writes types that the application registered', () => {
    class Money {
      constructor(readonly cents: number) {}
    }
    const types = jsonTypes([
      {
        type: Money,
        marker: 'money',
        encode: (money: Money) => money.cents,
        decode: (cents: unknown) => new Money(Number(cents)),
      },
    ]);
    const body = encodeMessage({ ...message, args: [new Money(5)] }, { jsonTypes: types });
    expect(decodeMessage(body, { jsonTypes: types })).toMatchObject({ message: { args: [new Money(5)] } });
    expect(decodeMessage(body)).toMatchObject({ kind: 'malformed', reason: 'body', id: 'id-1' });
  });
});

describe('encodeMessage: the bounds', () => {
  it('falls back to the shortest form where the message would be too large for SQS', () => {
    const large = { ...message, args: ['x'.repeat(800_000)] };
    const body = encodeMessage(large);
    expect(body.length).toBeLessThan(1_048_576);
    expect(unwrap(body).properties).not.toHaveProperty('body_encoding');
    expect(decodeTask(body).args).toEqual(large.args);
    expect(encodeMessage(large, { envelope: 'raw' })).toBe(body);
    expect(encodeMessage(large, { maxBytes: 2_000_000 })).toMatch(/^[A-Za-z0-9+/]+={0,2}$/);
    expect(encodeMessage(message, { maxBytes: 100 })).toBe(encodeMessage(message, { envelope: 'compact' }));
  });

  const nested = (levels: number): unknown => {
    let value: unknown[] = [];
    for (let level = 1; level < levels; level += 1) value = [value];
    return value;
  };

  it.each(['plain', 'typed'])('writes as deep as it reads, and no deeper: %s values', (kind) => {
    // Around the argument are args and the body; around the header its two objects and the envelope.
    const deep = (levels: number): unknown => (kind === 'plain' ? nested(levels) : [nested(levels - 1), new Float(1)]);
    const [withArgs, withKwargs, withHeader, withStamp] = [
      (value: unknown) => ({ ...message, args: [value] }),
      (value: unknown) => ({ ...message, kwargs: { value } }),
      (value: unknown) => ({ ...message, headers: { ...message.headers, custom: { value } } }),
      (value: unknown) => ({ ...message, headers: { ...message.headers, stamps: { value } } }),
    ] as const;
    const forms: [(value: unknown) => TaskMessage, number][] = [
      [withArgs, 510],
      [withKwargs, 510],
      [withHeader, 510],
      [withStamp, 509],
    ];
    for (const [form, levels] of forms) {
      expect(decodeTask(encodeMessage(form(deep(levels)))).headers.task).toBe(message.headers.task);
      expect(() => encodeMessage(form(deep(levels + 1)))).toThrow(EncodeError);
    }
  });
});

describe('encodeMessage and decodeMessage', () => {
  const forms: fc.Arbitrary<EncodeOptions> = fc.record(
    {
      envelope: fc.constantFrom('base64', 'raw', 'compact'),
      compression: fc.constantFrom('gzip', 'brotli'),
    },
    { requiredKeys: ['envelope'] },
  );
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 4 }),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(NaN, Infinity, 2n ** 80n, new Float(1), DateTime.from('2024-02-29T12:30:15.123456')),
  );
  const name = fc.string({ minLength: 1 }).map((text) => `x-${text}`);

  it('are inverse: nothing of a message is lost', () => {
    fc.assert(
      fc.property(
        fc.array(value),
        fc.dictionary(name, value),
        fc.dictionary(name, value),
        forms,
        (args, kwargs, headers, form) => {
          const sent = createTaskMessage({
            task: 'add',
            args,
            kwargs,
            headers,
            queue: 'q',
            origin: 'gen1@host',
            now: 0,
            expires: 5,
          });
          const received = decodeTask(encodeMessage(sent, form));
          expect(strict([received.args, received.kwargs, received.headers.custom])).toEqual(
            strict([args, kwargs, headers]),
          );
          expect({ ...received.headers, custom: {} }).toEqual({ ...sent.headers, custom: {} });
          expect({ ...received.properties, bodyEncoding: '' }).toEqual({ ...sent.properties, bodyEncoding: '' });
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('createTaskMessage', () => {
  const create = (spec: object): TaskMessage =>
    createTaskMessage({ task: 'add', queue: 'celery', origin: 'gen1@host', now: 1_000_000, ...spec });

  it('fills what is not given', () => {
    const { headers, properties } = create({});
    expect(headers.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.rootId).toBe(headers.id);
    expect(properties).toMatchObject({ correlationId: headers.id, replyTo: '', priority: 0, deliveryMode: 2 });
    expect(create({}).headers.id).not.toBe(headers.id);
  });

  it('takes an empty id of another task for none, which could not be read', () => {
    const message = create({ id: 'id-1', rootId: '', parentId: '', group: '' });
    expect(message.headers).toMatchObject({ rootId: 'id-1', parentId: null, group: null });
    expect(decodeTask(encodeMessage(message)).headers).toMatchObject({ rootId: 'id-1', parentId: null });
  });

  it('sends a header named headers, where Sentry keeps its own', () => {
    expect(create({ headers: { headers: { trace: 1 }, trace: 1 } }).headers.custom).toEqual({
      headers: { trace: 1 },
      trace: 1,
    });
  });

  it('takes an instance of a class as kwargs, and completes signatures', () => {
    class Order {
      id = 1;
    }
    const message = create({ kwargs: new Order(), embed: { chain: [{ task: 'next' }] } });
    expect(decodeTask(encodeMessage(message))).toMatchObject({
      kwargs: { id: 1 },
      embed: { chain: [{ task: 'next', args: [], kwargs: {}, options: {}, subtask_type: null, immutable: false }] },
    });
  });

  it('shows positional arguments as a tuple', () => {
    expect(create({ args: [1] }).headers).toMatchObject({ argsrepr: '(1,)', kwargsrepr: '{}' });
  });

  it('computes eta and expires as Celery does', () => {
    expect(create({ countdown: 0 }).headers.eta).toBeNull();
    expect(create({ countdown: -10 }).headers.eta).toBe('1970-01-01T00:16:30+00:00');
    expect(create({ countdown: 1.5, eta: '2030-01-01T00:00:00' }).headers.eta).toBe('1970-01-01T00:16:41.500000+00:00');
    const late = create({ expires: -5 });
    expect(late.headers.expires).toBe('1970-01-01T00:16:35+00:00');
    expect(late.properties.expiration).toBe('0');
  });

  it.each([
    [{ task: '' }, 'a task needs a name'],
    [{ id: '' }, 'id must be'],
    [{ queue: '' }, 'queue must be'],
    [{ args: 'text' }, 'args must be an array'],
    [{ kwargs: [1] }, 'kwargs must be an object'],
    [{ countdown: Number.NaN }, 'countdown'],
    [{ countdown: 1e15 }, 'countdown'],
    [{ eta: 'tomorrow' }, 'eta must be'],
    [{ eta: new Date(Number.NaN) }, 'eta must'],
    [{ expires: Number.POSITIVE_INFINITY }, 'expires must'],
    [{ retries: -1 }, 'retries'],
    [{ priority: 1.5 }, 'priority'],
    [{ timelimit: ['60', null] }, 'time limit'],
    [{ timelimit: [60] }, 'timelimit must be [hard, soft]; got an array'],
    [{ timelimit: 60 }, 'timelimit must be [hard, soft]; got 60'],
    [{ ignoreResult: 'yes' }, 'ignoreResult must be true or false; got a string'],
    [{ headers: [1] }, 'headers must be an object; got an array'],
    [{ headers: 'text' }, 'headers must be an object; got a string'],
    [{ headers: new Date(0) }, 'headers must be an object; got a Date'],
    [{ kwargs: new Date(0) }, 'kwargs must be an object; got a Date'],
    [{ kwargs: 'text' }, 'kwargs must be an object; got a string'],
    [{ kwargs: new Map() }, 'kwargs must be an object; got an object'],
    [{ kwargs: new Float(1) }, 'kwargs must be an object; got an object'],
    [{ stamps: [] }, 'stamps must be an object'],
    [{ groupIndex: 'first' }, 'groupIndex must be a whole number, or null; got a string'],
    [{ replacedTaskNesting: '1' }, 'replacedTaskNesting must be'],
    [{ rootId: 7 }, 'rootId must be a string; got 7'],
    [{ stampedHeaders: 'a' }, 'stampedHeaders must be an array of names'],
    [{ embed: 'add' }, 'embed must be an object; got a string'],
    [{ embed: { callbacks: signature('add') } }, 'embed.callbacks must be an array of signatures, or null'],
    [{ embed: { callbacks: ['add'] } }, 'embed.callbacks must hold signatures of tasks; got a string'],
    [{ embed: { errbacks: [{ args: [] }] } }, 'embed.errbacks must hold signatures'],
    [{ embed: { chain: [null] } }, 'embed.chain must hold signatures of tasks; got null'],
    [{ embed: { chord: [] } }, 'embed.chord must hold signatures of tasks; got an array'],
    [{ headers: { get: 1 } }, "'get' is an attribute of Celery's request"],
    [{ headers: { properties: {} } }, "'properties' is an attribute of Celery's request"],
    [{ headers: { time_limit: 1 } }, "'time_limit' is an attribute of Celery's request"],
    [{ headers: { id: 'x' } }, "'id' is a header of the protocol"],
    [{ properties: { delivery_info: {} } }, "'delivery_info' is a property of the protocol"],
  ])('refuses %o', (spec, problem) => {
    expect(() => create(spec)).toThrow(InvalidTaskError);
    expect(() => create(spec)).toThrow(problem);
  });
});

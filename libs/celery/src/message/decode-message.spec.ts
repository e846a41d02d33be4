import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtinCompressors, loadCompressor } from '../serialization/index.js';
import { decodeMessage, decodeWithLibraries, type DecodeOptions } from './decode-message.js';
import type { DecodedMessage } from './decoded-message.js';
import type { TaskMessage } from './task-message.js';
import { allVectors, edgeCases, strict, vector, type Vector } from './vectors.test-support.js';

const ENVELOPE = { 'content-type': 'application/json', 'content-encoding': 'utf-8' };
const HEADERS = { task: 'add', id: 'id-1' };
const BODY = '[[1,2],{},{}]';

/** An SQS body without any base64. */
function raw(envelope: Record<string, unknown>): string {
  return JSON.stringify({ ...ENVELOPE, headers: HEADERS, properties: {}, body: BODY, ...envelope });
}

function decodeTask(body: string, options?: DecodeOptions): TaskMessage {
  const decoded = decodeMessage(body, options);
  if (decoded.kind !== 'task') throw new Error(`decoded as ${JSON.stringify(decoded)}`);
  return decoded.message;
}

const isRunnable = ({ decoded_envelope: envelope }: Vector): boolean =>
  envelope['content-type'] === 'application/json' && !/bz2|lzma/.test(String(envelope.headers['compression']));

/** The envelope's own headers, or protocol 1's, as they must be found in the decoded message. */
function sentHeaders({ decoded_envelope: { headers }, decoded_body }: Vector): Record<string, unknown> {
  return 'task' in headers ? headers : (decoded_body as Record<string, unknown>);
}

describe('decodeMessage: what Celery sent', () => {
  it.each(allVectors().filter(isRunnable))('reads the headers of $name', (sent) => {
    const wire = sentHeaders(sent);
    const { headers, compression } = decodeTask(sent.sqs_body);
    expect(headers).toMatchObject({
      task: wire['task'],
      id: wire['id'],
      eta: wire['eta'],
      expires: wire['expires'],
      group: wire['group'],
      groupIndex: wire['group_index'],
      retries: wire['retries'],
      timelimit: wire['timelimit'],
      rootId: wire['root_id'] ?? wire['id'],
      parentId: wire['parent_id'] ?? null,
      shadow: wire['shadow'] ?? null,
      argsrepr: wire['argsrepr'] ?? null,
      kwargsrepr: wire['kwargsrepr'] ?? null,
      origin: wire['origin'] ?? null,
      ignoreResult: wire['ignore_result'],
      replacedTaskNesting: wire['replaced_task_nesting'] ?? 0,
      stampedHeaders: wire['stamped_headers'] ?? null,
      stamps: wire['stamps'] ?? {},
    });
    expect(compression).toBe(wire['compression']);
  });

  it.each(allVectors().filter(isRunnable))('reads the body of $name', (sent) => {
    const { protocol, args, kwargs, embed } = decodeTask(sent.sqs_body);
    const fields = { args, kwargs, callbacks: embed.callbacks, errbacks: embed.errbacks, chord: embed.chord };
    const body = protocol === 2 ? [args, kwargs, embed] : fields;
    expect(sent.decoded_body).toMatchObject(strict(body) as object);
  });

  it.each(allVectors().filter(isRunnable))('reads the properties of $name', (sent) => {
    const wire = sent.decoded_envelope.properties;
    const { properties } = decodeTask(sent.sqs_body);
    const info = wire['delivery_info'] as Record<string, unknown>;
    expect(properties).toMatchObject({
      correlationId: wire['correlation_id'],
      replyTo: wire['reply_to'],
      deliveryMode: wire['delivery_mode'],
      deliveryInfo: { exchange: info['exchange'], routingKey: info['routing_key'] },
      priority: wire['priority'],
      deliveryTag: wire['delivery_tag'],
      expiration: wire['expiration'],
    });
  });

  it.each(allVectors().filter((sent) => !isRunnable(sent)))('refuses $name, naming its task', (sent) => {
    const { headers, 'content-type': contentType } = sent.decoded_envelope;
    const expected = { kind: 'refused', contentType, task: headers['task'], id: headers['id'] };
    expect(decodeMessage(sent.sqs_body)).toMatchObject(
      headers['compression'] === undefined ? expected : { ...expected, compression: headers['compression'] },
    );
  });

  it('finds custom headers and publish options', () => {
    expect(decodeTask(vector('options_full').sqs_body).headers.custom).toEqual({
      'x-tenant': 'acme',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });
    expect(decodeTask(vector('fifo_explicit').sqs_body).properties.custom).toEqual({
      MessageGroupId: 'g1',
      MessageDeduplicationId: 'd1',
    });
    expect(decodeTask(vector('protocol_v1').sqs_body).headers.custom).toEqual({});
  });

  it('keeps what JavaScript would lose', () => {
    const { args } = decodeTask(vector('numbers').sqs_body);
    expect(args.slice(0, 2)).toEqual([2n ** 63n, 2n ** 100n]);
    expect(args.slice(6, 9)).toEqual([NaN, Infinity, -Infinity]);
  });
});

type Verdict = string;

function verdict(decoded: DecodedMessage): Verdict {
  switch (decoded.kind) {
    case 'task':
      return 'task';
    case 'refused':
      return `refused ${decoded.contentType}`;
    case 'foreign':
      return `foreign ${decoded.format}`;
    case 'malformed':
      return `malformed ${decoded.reason}`;
  }
}

const VERDICTS: Record<string, Verdict> = {
  plain_text: 'foreign text',
  plain_text_that_is_base64: 'foreign text',
  plain_json_v1_no_envelope: 'foreign json',
  json_array: 'foreign json',
  sns_wrapped: 'foreign sns',
  minimal_v2: 'task',
  minimal_v2_props_empty: 'task',
  minimal_v2_props_empty_no_outer_b64: 'task',
  minimal_v2_no_content_encoding: 'task',
  minimal_v2_embed_empty: 'task',
  minimal_v2_embed_null: 'task',
  v2_no_id: 'malformed id',
  v2_bad_eta: 'malformed eta',
  v2_eta_number: 'malformed eta',
  v2_bad_body_json: 'malformed body',
  v2_no_content_type: 'malformed content-type',
  v2_body_pair: 'malformed body',
  v2_kwargs_list: 'malformed kwargs',
  v2_args_null: 'malformed args',
  v2_headers_null: 'malformed task',
  v1_enveloped: 'task',
  v1_enveloped_headers_task: 'task',
  v1_min_no_args: 'task',
  v1_no_task: 'malformed task',
  yaml_not_accepted: 'refused application/x-yaml',
  ctype_with_charset: 'refused application/json; charset=utf-8',
  compressed_bad: 'malformed compression',
  retry_no_delivery_info: 'task',
  expires_number: 'malformed expires',
  expires_past: 'task',
  expires_naive: 'task',
  eta_z: 'task',
  retries_string: 'task',
  unknown_task_link_chord: 'task',
  timelimit_missing_ok: 'task',
  typed_in_headers: 'task',
  unknown_typed_marker: 'malformed body',
  typed_marker_in_envelope: 'malformed envelope',
  bad_inner_base64: 'malformed body-encoding',
};

describe('decodeMessage: what kills or starves Python workers', () => {
  it.each(Object.entries(edgeCases()))('%s is classified', (name, { sqs_body }) => {
    expect(verdict(decodeMessage(sqs_body))).toBe(VERDICTS[name]);
  });

  it('names the task wherever the headers do', () => {
    const cases = edgeCases();
    expect(decodeMessage(cases['typed_marker_in_envelope']!.sqs_body)).toMatchObject({
      task: 'proj.tasks.add',
      id: '00000000-0000-4000-8000-000000000032',
    });
    expect(decodeMessage(cases['v2_no_id']!.sqs_body)).toMatchObject({ task: 'proj.tasks.add' });
  });

  it('warns of a header that it had to mend', () => {
    const decoded = decodeMessage(edgeCases()['retries_string']!.sqs_body);
    expect(decoded).toMatchObject({ kind: 'task', message: { headers: { retries: 0 } } });
    expect(decoded).toHaveProperty('warnings', ["header 'retries' is a string; Python could not retry this task"]);
  });
});

describe('decodeMessage: protocol 1 and the hybrid', () => {
  it('takes everything from the body of protocol 1, taskset before group', () => {
    const body = {
      task: 'add',
      id: 'id-1',
      args: [1],
      group: 'new',
      taskset: 'old',
      retries: 2,
      callbacks: [{ task: 'next' }],
    };
    const message = decodeTask(raw({ headers: { tenant: 'acme' }, body: JSON.stringify(body) }));
    expect(message).toMatchObject({
      protocol: 1,
      args: [1],
      kwargs: {},
      headers: { id: 'id-1', group: 'old', retries: 2 },
    });
    expect(message.headers.custom).toEqual({ tenant: 'acme' });
    expect(message.embed.callbacks).toMatchObject([{ task: 'next', args: [], kwargs: {}, options: {} }]);
  });

  it('lets the headers of the hybrid win', () => {
    const body = { task: 'other', id: 'other', args: [1], kwargs: { a: 2 }, retries: 1 };
    const message = decodeTask(raw({ headers: { ...HEADERS, retries: 5 }, body: JSON.stringify(body) }));
    expect(message).toMatchObject({
      protocol: 1,
      args: [1],
      kwargs: { a: 2 },
      headers: { task: 'add', id: 'id-1', retries: 5 },
    });
    expect(message.headers.custom).toEqual({});
  });
});

describe('decodeMessage: the layers of the body', () => {
  const base64 = { body_encoding: 'base64' };
  const packed = Buffer.from(BODY).toString('base64');

  it('reads base64 as Python does: strange characters are skipped, padding is wanted', () => {
    const broken = `${packed.slice(0, 8)}\r\n${packed.slice(8)}\n`;
    expect(decodeTask(raw({ body: broken, properties: base64 })).args).toEqual([1, 2]);
    const urlSafe = `${packed.slice(0, 8)}-_-_${packed.slice(8)}`;
    expect(decodeTask(raw({ body: urlSafe, properties: base64 })).args).toEqual([1, 2]);
    expect(verdict(decodeMessage(raw({ body: packed.replace(/=+$/, ''), properties: base64 })))).toBe(
      'malformed body-encoding',
    );
    expect(verdict(decodeMessage(raw({ body: packed.slice(0, -3), properties: base64 })))).toBe(
      'malformed body-encoding',
    );
  });

  it('reads plain text under every name of it', () => {
    for (const body_encoding of [null, 'utf-8', 'UTF-8', '']) {
      expect(decodeTask(raw({ properties: { body_encoding } })).args).toEqual([1, 2]);
    }
    expect(verdict(decodeMessage(raw({ properties: { body_encoding: 'rot13' } })))).toBe('malformed body-encoding');
  });

  it('bounds what is decompressed', () => {
    const bomb = deflateSync(Buffer.from(`[["${'x'.repeat(100_000)}"],{},{}]`)).toString('base64');
    const body = raw({ headers: { ...HEADERS, compression: 'gzip' }, body: bomb, properties: base64 });
    expect(decodeTask(body).args[0]).toHaveLength(100_000);
    expect(verdict(decodeMessage(body, { maxDecompressedBytes: 99_999 }))).toBe('malformed too-large');
  });

  const unpacked = (text: string): DecodedMessage =>
    decodeMessage(
      raw({
        headers: { ...HEADERS, compression: 'gzip' },
        body: deflateSync(Buffer.from(text)).toString('base64'),
        properties: base64,
      }),
    );

  it('bounds how many values come out of a small body, whatever they are', () => {
    for (const value of ['{}', '[]', '1', '1.0', '""', '{"a":1}']) {
      const text = `[[[${Array(Math.floor(2_000_000 / value.length))
        .fill(value)
        .join(',')}],{},{}],{},{}]`;
      const small = verdict(unpacked(text.slice(0, 1000)));
      expect([value, small, verdict(unpacked(text))]).toEqual([value, 'malformed body', 'malformed too-large']);
    }
  });

  it('reads megabytes of real records and text, whatever brackets stand in their strings', () => {
    const record = '{"id":123456,"name":"Ada [\\"{,,,,[[[[","tags":["a","b"],"note":"some text of usual length"}';
    const records = Array(50_000).fill(record).join(',');
    const decoded = unpacked(`[[[${records}]],{},{}]`);
    expect(decoded).toMatchObject({ kind: 'task', message: { args: [{ length: 50_000 }] } });
    expect(verdict(unpacked(`[["${'[{,'.repeat(2_000_000)}"],{},{}]`))).toBe('task');
  });

  it('loads the library of a compression with the first message that needs it', async () => {
    const compressors = builtinCompressors.withOnDemand((name) => loadCompressor(name));
    const compressed = vector('compression_bzip2').sqs_body;
    expect(decodeMessage(compressed, { compressors }).kind).toBe('refused');
    const decoding = decodeWithLibraries(compressed, { compressors });
    expect(decoding).toBeInstanceOf(Promise);
    expect((await decoding).kind).toBe('task');
    expect(decodeWithLibraries(compressed, { compressors })).toMatchObject({ kind: 'task' });
    const none = builtinCompressors.withOnDemand(async () => undefined);
    expect(await decodeWithLibraries(compressed, { compressors: none })).toMatchObject({ kind: 'refused' });
  });

  it('hands back a compression that is only missing here, and refuses one that nobody knows', () => {
    const withCompression = (compression: unknown): string =>
      raw({ headers: { ...HEADERS, compression }, body: packed, properties: base64 });
    expect(decodeMessage(withCompression('application/x-lzma'))).toMatchObject({
      kind: 'refused',
      contentType: 'application/json',
      compression: 'application/x-lzma',
      id: 'id-1',
    });
    expect(verdict(decodeMessage(withCompression('lzw')))).toBe('malformed compression');
    expect(verdict(decodeMessage(withCompression(7)))).toBe('malformed compression');
    expect(decodeTask(withCompression(null)).args).toEqual([1, 2]);
  });

  it('refuses bytes that are no UTF-8', () => {
    const latin = Buffer.from('[["é"],{},{}]', 'latin1').toString('base64');
    expect(verdict(decodeMessage(raw({ body: latin, properties: base64 })))).toBe('malformed body');
    expect(verdict(decodeMessage(raw({ body: packed, properties: base64, 'content-encoding': 'utf-16' })))).toBe(
      'malformed content-encoding',
    );
  });

  it('refuses nesting beyond the limit, in the body and in the envelope', () => {
    const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    expect(verdict(decodeMessage(raw({ body: `[[${deep(600)}],{},{}]` })))).toBe('malformed too-deep');
    expect(verdict(decodeMessage(raw({ body: `[[${deep(10)}],{},{}]` }), { maxDepth: 5 }))).toBe('malformed too-deep');
    expect(verdict(decodeMessage(`{"properties":{},"headers":{"x":${deep(100_000)}}}`))).toBe('malformed too-deep');
  });
});

describe('decodeMessage: the shape', () => {
  it.each<[string, Record<string, unknown>]>([
    ['malformed properties', { properties: null }],
    ['malformed headers', { headers: ['task'] }],
    ['malformed task', { headers: { task: '', id: 'id-1' } }],
    ['malformed task', { headers: { task: 5, id: 'id-1' } }],
    ['malformed id', { headers: { task: 'add', id: 5.5 } }],
    ['malformed id', { headers: { task: 'add', id: '' }, 'content-type': 'application/x-python-serialize' }],
    ['malformed content-type', { 'content-type': 5 }],
    ['malformed body', { body: { args: [] } }],
    ['malformed body', { body: undefined }],
    ['malformed body', { body: '{"kwargs":{}}' }],
    ['malformed body', { body: '[[],{},{},{}]' }],
    ['malformed args', { body: '["12",{},{}]' }],
    ['malformed kwargs', { body: '[[],null,{}]' }],
    ['malformed kwargs', { body: '{"args":[],"kwargs":[]}' }],
    ['malformed embed', { body: '[[],{},[]]' }],
    ['malformed embed', { body: '[[],{},{"chain":[{"args":[]}]}]' }],
    ['malformed embed', { body: '[[],{},{"callbacks":["add"]}]' }],
    ['malformed embed', { body: '[[],{},{"chord":{"task":"sum","options":[]}}]' }],
    ['malformed retries', { headers: { ...HEADERS, retries: 1.5 } }],
    ['malformed retries', { headers: { ...HEADERS, retries: 'many' } }],
    ['malformed timelimit', { headers: { ...HEADERS, timelimit: [1] } }],
    ['malformed timelimit', { headers: { ...HEADERS, timelimit: 60 } }],
    ['malformed headers', { headers: { ...HEADERS, group: ['g'] } }],
    ['malformed headers', { headers: { ...HEADERS, group_index: 'first' } }],
  ])('%s: %o', (expected, envelope) => {
    expect(verdict(decodeMessage(raw(envelope)))).toBe(expected);
  });

  it('mends what nothing depends on, and says so', () => {
    const headers = {
      ...HEADERS,
      lang: 1,
      shadow: {},
      stamps: [],
      stamped_headers: 'a',
      ignore_result: 'no',
      retries: -1,
    };
    const decoded = decodeMessage(raw({ headers }));
    expect(decoded).toMatchObject({
      kind: 'task',
      message: { headers: { lang: 'py', shadow: null, stamps: {}, stampedHeaders: null, retries: 0 } },
    });
    expect(decoded).toHaveProperty('warnings.length', 6);
  });

  it.each<[Record<string, unknown>, Record<string, unknown>, number]>([
    [{ parent_id: '', root_id: '', group: '' }, { parentId: null, rootId: 'id-1', group: null }, 0],
    [{ timelimit: [] }, { timelimit: [null, null] }, 1],
    [{ timelimit: ['1', 20] }, { timelimit: [null, 20] }, 1],
    [{ timelimit: [-1, null] }, { timelimit: [null, null] }, 1],
    [{ timelimit: [0, 0] }, { timelimit: [null, null] }, 0],
    [{ id: 7, root_id: 8 }, { id: '7', rootId: '8' }, 2],
    [{ group_index: '3' }, { groupIndex: 3 }, 1],
    [{ eta: '2030-W05-3T10:00', expires: '2030-123' }, { eta: '2030-W05-3T10:00', expires: '2030-123' }, 0],
  ])('is as tolerant of %o as Python', (given, read, warnings) => {
    const decoded = decodeMessage(raw({ headers: { ...HEADERS, ...given } }));
    expect(decoded).toMatchObject({ kind: 'task', message: { headers: read } });
    expect(decoded.kind === 'task' ? (decoded.warnings ?? []) : []).toHaveLength(warnings);
  });

  it('reads values that Python wrote with a type', () => {
    const uuid = { __type__: 'uuid', __value__: { hex: '12345678123456781234567812345678' } };
    const eta = { __type__: 'datetime', __value__: '2030-01-02T03:04:05.000006+02:00' };
    const { headers } = decodeTask(raw({ headers: { ...HEADERS, id: uuid, eta } }));
    expect(headers).toMatchObject({
      id: '12345678-1234-5678-1234-567812345678',
      eta: '2030-01-02T03:04:05.000006+02:00',
    });
  });

  it('tells foreign messages by their dress', () => {
    const event = { 'detail-type': 'Scheduled Event', source: 'aws.events', detail: {} };
    expect(verdict(decodeMessage(JSON.stringify(event)))).toBe('foreign eventbridge');
    expect(decodeMessage(Buffer.from('{"a":1}').toString('base64'))).toEqual({
      kind: 'foreign',
      format: 'json',
      text: '{"a":1}',
    });
    expect(decodeMessage('')).toEqual({ kind: 'foreign', format: 'text', text: '' });
  });

  it('never shows payload in what it says', () => {
    const secret = 'hunter2';
    const bodies = [`["${secret}"`, `{"args":"${secret}"}`, `[["${secret}"],{}]`, `[[],"${secret}",{}]`];
    for (const body of bodies) {
      const decoded = decodeMessage(raw({ body }));
      expect(decoded).toHaveProperty('detail');
      expect(JSON.stringify(decoded)).not.toContain(secret);
    }
  });

  it('touches no prototype', () => {
    const body =
      '[[{"__proto__":{"polluted":1}}],{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}},{}]';
    const headers = '{"task":"add","id":"id-1","__proto__":{"polluted":1},"toString":"x"}';
    const envelope = `{"content-type":"application/json","body":${JSON.stringify(body)},"properties":{"__proto__":{"polluted":1}},"headers":${headers}}`;
    const message = decodeTask(envelope);
    expect(Object.keys(message.headers.custom)).toEqual(['__proto__', 'toString']);
    expect(Object.getPrototypeOf(message.headers.custom)).toBe(Object.prototype);
    expect('polluted' in {}).toBe(false);
    expect('polluted' in message.kwargs).toBe(false);
  });
});

describe('decodeMessage: anything at all', () => {
  const seeds = allVectors().map((sent) => sent.sqs_body);
  const plainSeeds = allVectors().map(({ decoded_envelope, decoded_body }) =>
    JSON.stringify({
      ...decoded_envelope,
      body: JSON.stringify(decoded_body),
      properties: { ...decoded_envelope.properties, body_encoding: null },
    }),
  );

  const spliced = (bodies: string[]): fc.Arbitrary<string> =>
    fc
      .tuple(
        fc.constantFrom(...bodies),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(8),
        fc.string({ maxLength: 8 }),
      )
      .map(([body, where, cut, insert]) => {
        const at = Math.floor(where * body.length);
        return body.slice(0, at) + insert + body.slice(at + cut);
      });

  const envelope = fc.record(
    {
      body: fc.oneof(fc.string(), fc.json(), fc.jsonValue()),
      'content-type': fc.oneof(fc.constant('application/json'), fc.jsonValue()),
      'content-encoding': fc.oneof(fc.constantFrom('utf-8', 'binary'), fc.jsonValue()),
      headers: fc.oneof(
        fc.record({
          task: fc.oneof(fc.string(), fc.jsonValue()),
          id: fc.string(),
          retries: fc.jsonValue(),
          eta: fc.jsonValue(),
        }),
        fc.jsonValue(),
      ),
      properties: fc.oneof(fc.record({ body_encoding: fc.constantFrom('base64', 'utf-8', null, 7) }), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );

  it('10 000 bodies: never throws, leaves prototypes alone', () => {
    const before = Reflect.ownKeys(Object.prototype).length;
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json({ maxDepth: 6 }),
      fc.base64String(),
      spliced(seeds),
      spliced(plainSeeds),
      envelope.map((value) => JSON.stringify(value)),
      envelope.map((value) => Buffer.from(JSON.stringify(value)).toString('base64')),
    );
    fc.assert(
      fc.property(anything, (body) => {
        expect(['task', 'refused', 'foreign', 'malformed']).toContain(decodeMessage(body).kind);
      }),
      { numRuns: 10_000 },
    );
    expect(Reflect.ownKeys(Object.prototype)).toHaveLength(before);
  });
});

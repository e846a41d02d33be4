import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { randomUUID } from 'node:crypto';
import { chain, chord, DynamoDbResultStore, group, signature, type Signature } from 'nestjs-sqs-celery';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DynamoDb } from './support/dynamodb.js';
import { drained } from './support/endpoint.js';
import { Fleets, nestQueues, predefined } from './support/fleets.js';
import type { PythonValue, Run } from './support/recorder.js';
import { raisedOf, thrown } from './support/result-errors.js';
import { describeTargets } from './support/targets.js';
import { exact, valueCases } from './support/values.js';

type Target = Parameters<typeof Fleets.start>[0];
type Fleet = 'nest' | 'python';

const TABLE = 'celery-results';
const TTL_SECONDS = 600;

/** Two fleets that share a table. */
class FleetsOnDynamoDb {
  private constructor(
    readonly dynamoDb: DynamoDb,
    readonly fleets: Fleets,
    readonly store: DynamoDbResultStore,
  ) {}

  static async start(target: Target): Promise<FleetsOnDynamoDb> {
    const dynamoDb = await DynamoDb.start(target.motoPython);
    try {
      const url = dynamoDb.url(TABLE, `?ttl_seconds=${TTL_SECONDS}`);
      const fleets = await Fleets.start(target, {
        // Nobody consumes what is held.
        queues: { nest: {}, python: {}, held: {} },
        nest: (urls) => ({ ...withHeld(urls), resultBackend: url, idempotency: undefined }),
        python: (urls) => ({ ...predefined(urls), result_backend: url }),
      });
      return new FleetsOnDynamoDb(dynamoDb, fleets, new DynamoDbResultStore(url));
    } catch (error) {
      await dynamoDb.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.store.close();
    await this.fleets.stop();
    await this.dynamoDb.stop();
  }
}

function withHeld(urls: Readonly<Record<string, string>>) {
  const { queues = [] } = nestQueues(urls);
  return {
    queues: [...queues, { name: 'held', consume: false, ...(urls['held'] !== undefined && { url: urls['held'] }) }],
  };
}

describeTargets('results in DynamoDB', (target) => results(target), ['LocalSqs']);

function results(target: Target): void {
  let on: FleetsOnDynamoDb;
  beforeAll(async () => {
    on = await FleetsOnDynamoDb.start(target);
  });
  afterAll(() => on?.stop());

  const send = (task: string, args: string): Promise<string> =>
    on.fleets.python.send(task, { args, options: "{'queue': 'nest'}" });

  it('of Nest keep the types of their values in Python', async () => {
    const ids: string[] = [];
    for (const { python } of valueCases) ids.push(await send('results.echo', `(${python},)`));
    for (const [index, { python, repr = python, type }] of valueCases.entries()) {
      expect(await on.fleets.python.get(ids[index]!)).toEqual({ value: { type, repr } });
    }
  });

  it.for(['RangeError', 'PaymentDeclined', 'text'])('of Nest raise what was thrown in Python: %s', async (name) => {
    const { raised } = await on.fleets.python.get(await send('results.throw', `('${name}',)`));
    expect(raised && raisedOf(raised)).toEqual(thrown[name]);
  });

  it('of Python keep the types of their values in Nest, and the errors', async () => {
    const evaluate = async (expression: string) => {
      const { id } = await on.fleets.tasks.send('interop.evaluate', { args: [expression], queue: 'python' });
      await on.fleets.python.get(id);
      return on.store.get(id);
    };
    for (const { python, nest } of valueCases) expect(exact((await evaluate(python))?.result)).toBe(exact(nest));
    expect(await evaluate("Declined('no funds', 17)")).toMatchObject({
      status: 'FAILURE',
      result: { excType: 'Declined', excMessage: ['no funds', 17], excModule: 'proj.tasks' },
    });
  });

  it('of Python are awaited in Nest', async () => {
    const result = await on.fleets.tasks.send('interop.record', { args: [1, 2], queue: 'python' });
    expect(await result.get({ timeoutMs: 20_000 })).toBe(2);
  });

  it('are the same item, whoever stores it', async () => {
    const before = Math.floor(Date.now() / 1000);
    const items = [];
    for (const queue of ['nest', 'python']) {
      const id = await on.fleets.python.send('interop.record', { options: `{'queue': '${queue}'}` });
      await on.fleets.python.get(id);
      const item = (await on.dynamoDb.item(TABLE, `b'celery-task-meta-${id}'`))!;
      for (const after of [Number(item['timestamp']?.N), Number(item['ttl']?.N) - TTL_SECONDS]) {
        expect(after).toBeGreaterThanOrEqual(before);
        expect(after).toBeLessThan(before + 60);
      }
      const record = JSON.parse(Buffer.from(item['result']!.B!).toString()) as object;
      items.push({
        attributes: Object.keys(item)
          .filter((name) => name !== 'expires_at')
          .toSorted(),
        keys: Object.keys(record),
      });
    }
    expect(items[0]).toEqual(items[1]);
  });

  it('of a success are never overwritten, by neither', async () => {
    const options = (queue: Fleet, id: string): { args: string; options: string } => ({
      args: `('${queue}',)`,
      options: `{'queue': '${queue}', 'task_id': '${id}'}`,
    });
    for (const [first, second] of [
      ['nest', 'python'],
      ['python', 'nest'],
    ] as const) {
      const id = randomUUID();
      await on.fleets.python.send('interop.record', options(first, id));
      expect(await on.fleets.python.get(id)).toMatchObject({ value: { repr: '1' } });
      const failing = second === 'nest' ? 'results.throw' : 'interop.evaluate';
      await on.fleets.python.send(failing, { ...options(second, id), args: "('RangeError',)" });
      await drained(on.fleets.endpoint, on.fleets.urls[second]!);
      expect(await on.fleets.python.look(id)).toMatchObject({ state: 'SUCCESS', result: { repr: '1' } });
    }
  });
}

// Before 5.4 Celery does not count here: it polls for the end of a header.
describeTargets('chords in DynamoDB', (target) => chords(target), ['LocalSqs'], undefined, ['5.7.0']);

const fleetsOfBoth: readonly Fleet[] = ['nest', 'python'];

/** A signature as a Python expression: a task that returns `count`, on either side. */
function counting(queue: string, count: number, more = ''): string {
  return `signature('interop.record', args=(${'0,'.repeat(count)}), queue='${queue}'${more})`;
}

/** The same for Nest. */
function counted(queue: string, count: number): Signature<unknown> {
  return signature('interop.record', { args: Array.from({ length: count }, () => 0), queue });
}

/** Positional arguments of a run as plain values, whoever recorded it. */
function argsOf({ by, args }: Run): unknown[] {
  const parse = (value: unknown): unknown => JSON.parse((value as PythonValue).repr.replaceAll("'", '"'));
  return by === 'nest' ? [...args] : args.map(parse);
}

function chords(target: Target): void {
  let on: FleetsOnDynamoDb;
  beforeAll(async () => {
    on = await FleetsOnDynamoDb.start(target);
  });
  afterAll(() => on?.stop());

  /** What the body of a chord was called with, once, and that nothing is left of the chord. */
  async function bodyOf(id: string, groupId: string): Promise<unknown[]> {
    expect(await on.fleets.python.get(id)).toEqual({ value: { type: 'int', repr: expect.any(String) as string } });
    const run = await on.fleets.recorder.run(id);
    for (const url of Object.values(on.fleets.urls)) await drained(on.fleets.endpoint, url);
    expect(on.fleets.recorder.of(id)).toHaveLength(1);
    const left = await on.dynamoDb.ids(TABLE, groupId);
    expect(left.filter((one) => !/chord-unlock-[^']+\.[\da-f]{32}'$/.test(one))).toEqual([]);
    return argsOf(run);
  }

  /** Each combination of who runs the two tasks of a header, and its body. */
  const layouts = fleetsOfBoth.flatMap((first) =>
    fleetsOfBoth.flatMap((second) => fleetsOfBoth.map((body) => ({ first, second, body }))),
  );

  it.each(layouts)('that Python starts: header in $first and $second, body in $body', async (layout) => {
    const header = `[${counting(layout.first, 1)}, ${counting(layout.second, 2)}]`;
    const [id, groupId] = await on.fleets.python.apply(`chord(${header}, ${counting(layout.body, 0)})`);
    expect(await bodyOf(id!, groupId!)).toEqual([[1, 2]]);
  });

  it.each(layouts)('that Nest starts: header in $first and $second, body in $body', async (layout) => {
    const header = [counted(layout.first, 1), counted(layout.second, 2)];
    const result = await on.fleets.tasks.send(chord(header, counted(layout.body, 0)));
    expect(await bodyOf(result.id, result.parent!.id)).toEqual([[1, 2]]);
  });

  it.each(fleetsOfBoth)('whose results have two levels, started by Python: the last task in %s', async (last) => {
    const inner = `chain(${counting('nest', 0)}, group(${counting('nest', 1)}, ${counting('python', 2)}))`;
    const header = `[${counting('nest', 1)}, ${inner}, chain(${counting('nest', 0)}, ${counting(last, 3)})]`;
    const [id, groupId] = await on.fleets.python.apply(`chord(${header}, ${counting('nest', 0)})`);
    expect(await bodyOf(id!, groupId!)).toEqual([[1, [2, 3], 4]]);
  });

  it.each(fleetsOfBoth)('whose results have two levels, started by Nest: the last task in %s', async (last) => {
    const inner = chain(counted('nest', 0), group(counted('nest', 1), counted('python', 2)));
    const header = [counted('python', 1), inner, chain(counted('nest', 0), counted(last, 3))];
    const result = await on.fleets.tasks.send(chord(header, counted('nest', 0)));
    expect(await bodyOf(result.id, result.parent!.id)).toEqual([[1, [2, 3], 4]]);
  });

  it('of 30 tasks in both fleets', async () => {
    const header = Array.from({ length: 30 }, (_, index) => counting(fleetsOfBoth[index % 2]!, index % 5));
    const [id, groupId] = await on.fleets.python.apply(`chord([${header.join(', ')}], ${counting('nest', 0)})`);
    expect(await bodyOf(id!, groupId!)).toEqual([header.map((_, index) => index % 5)]);
  });

  it.each([
    ['nest', 'results.throw', "('RangeError',)", "ValueError('too large')"],
    ['python', 'interop.evaluate', `("Declined('no funds', 17)",)`, "Declined('no funds', 17)"],
  ])('one of whose tasks fails in %s', async (queue, task, args, repr) => {
    const failing = `signature('${task}', args=${args}, queue='${queue}', task_id='failed-in-${queue}')`;
    const [id] = await on.fleets.python.apply(`chord([${counting('nest', 1)}, ${failing}], ${counting('nest', 0)})`);
    const { raised } = await on.fleets.python.get(id!);
    // Python, where it ends the chord, may leave out whose error it is.
    const texts = [repr, `Dependency failed-in-${queue} raised ${repr}`];
    expect(raised).toMatchObject({ type: 'ChordError', text: expect.toBeOneOf(texts) as string });
  });

  /** Lets a task go on to Python that was sent to where nobody is. */
  async function release(): Promise<void> {
    const { endpoint, urls } = on.fleets;
    const receive = new ReceiveMessageCommand({
      QueueUrl: urls['held']!,
      WaitTimeSeconds: 5,
      MessageAttributeNames: ['All'],
    });
    const { Messages: [message] = [] } = await endpoint.sqs.send(receive);
    await endpoint.sqs.send(new SendMessageCommand({ QueueUrl: urls['python']!, MessageBody: message!.Body! }));
  }

  it('a part that is delivered again counts once', async () => {
    const again = randomUUID();
    const body = counting('nest', 0);
    const first = counting('nest', 1, `, task_id='${again}'`);
    const [id, groupId] = await on.fleets.python.apply(`chord([${first}, ${counting('held', 2)}], ${body})`);
    await on.fleets.python.get(again);
    await drained(on.fleets.endpoint, on.fleets.urls['nest']!);
    const copy = `{'queue': 'nest', 'task_id': '${again}', 'group_id': '${groupId}', 'group_index': 0, 'chord': ${body}}`;
    await on.fleets.python.send('interop.record', { args: '(0,)', options: copy });
    await on.fleets.recorder.until(() => on.fleets.recorder.of(again), 2);
    await drained(on.fleets.endpoint, on.fleets.urls['nest']!);
    const counter = await on.dynamoDb.item(TABLE, `b'chord-unlock-${groupId}'`);
    expect(counter?.['chord_count']).toEqual({ N: '1' });
    expect(on.fleets.recorder.of(id!)).toEqual([]);
    await release();
    expect(await on.fleets.python.get(id!)).toMatchObject({ value: { repr: '1' } });
    expect(argsOf(await on.fleets.recorder.run(id!))).toEqual([[1, 2]]);
  });

  describe('and what Python does not tell', () => {
    const part = (groupId: string, index: number) => ({
      groupId,
      groupIndex: index,
      taskId: `${groupId}-${index}`,
      status: 'SUCCESS',
      result: index,
    });
    const started = (groupId: string, size: number) =>
      on.store.chords.start?.(groupId, {
        structure: [
          [groupId, null],
          Array.from({ length: size }, (_, index) => [[`${groupId}-${index}`, null], null] as const),
        ],
      });
    /** What a Python worker does with its part: it stores the result, and increments. */
    async function reportedByPython(groupId: string, index: number): Promise<void> {
      const { taskId, status, result } = part(groupId, index);
      await on.store.store({ taskId, status, result, traceback: null, children: [], dateDone: null });
      const id = `b'chord-unlock-${groupId}'`;
      const item = (await on.dynamoDb.item(TABLE, id))!;
      await on.dynamoDb.put(TABLE, { ...item, chord_count: { N: String(Number(item['chord_count']!.N) + 1) } });
    }

    it('a part that Python has reported twice does not end a chord early', async () => {
      const groupId = randomUUID();
      await started(groupId, 3);
      await reportedByPython(groupId, 0);
      await reportedByPython(groupId, 0);
      expect(await on.store.chords.report(part(groupId, 1))).toEqual({ kind: 'pending' });
      expect(await on.store.chords.report(part(groupId, 2))).toMatchObject({
        kind: 'complete',
        parts: [{ result: 0 }, { result: 1 }, { result: 2 }],
      });
    });

    it('a chord whose last part Python has reported is left to Python', async () => {
      const groupId = randomUUID();
      await started(groupId, 2);
      await on.store.chords.report(part(groupId, 0));
      await reportedByPython(groupId, 1);
      for (let copies = 0; copies < 2; copies += 1) {
        expect(await on.store.chords.report(part(groupId, 0))).toEqual({ kind: 'claimed' });
      }
    });

    it('the last part of ours is given what Python has stored', async () => {
      const groupId = randomUUID();
      await started(groupId, 2);
      await reportedByPython(groupId, 0);
      expect(await on.store.chords.report(part(groupId, 1))).toMatchObject({
        kind: 'complete',
        parts: [{ result: 0 }, { result: 1 }],
      });
    });
  });
}

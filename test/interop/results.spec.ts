import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { hostname } from 'node:os';
import { RedisResultStore } from 'nestjs-sqs-celery';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drained } from './support/endpoint.js';
import { Fleets, nestQueues, predefined } from './support/fleets.js';
import { NestFleet } from './support/nest-fleet.js';
import { noRedis } from './support/redis.js';
import { raisedOf, revoked, thrown, type Raised } from './support/result-errors.js';
import { describeTargets } from './support/targets.js';
import { exact, valueCases } from './support/values.js';

const RESULT_EXPIRES = 600;

const RedrivePolicy = JSON.stringify({
  deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:doomed-dead',
  maxReceiveCount: 1,
});

describeTargets('results', (target) => results(target), ['LocalSqs'], noRedis);

function results(target: Parameters<typeof Fleets.start>[0]): void {
  let fleets: Fleets;
  let store: RedisResultStore;
  beforeAll(async () => {
    fleets = await Fleets.start(target, {
      results: true,
      queues: { nest: {}, python: {}, 'doomed-dead': {}, doomed: { RedrivePolicy } },
      nest: (urls, redis) => ({
        ...nestQueues(urls),
        ...(redis !== undefined && { revocations: redis, idempotency: redis }),
        resultExtended: true,
        resultExpires: RESULT_EXPIRES,
        unknownTask: 'fail',
      }),
      python: (urls) => ({ ...predefined(urls), result_extended: true }),
    });
    store = new RedisResultStore(fleets.redis.url);
  });
  afterAll(async () => {
    await store?.close();
    await fleets?.stop();
  });

  /** Sends a task of Nest's from Python; options are Python expressions. */
  function send(task: string, args = '()', options: Readonly<Record<string, string>> = {}): Promise<string> {
    const given = Object.entries({ queue: "'nest'", ...options }).map(([name, value]) => `'${name}': ${value}`);
    return fleets.python.send(task, { args, options: `{${given.join(', ')}}` });
  }

  /** What `get()` of a task of Nest's raises in Python. */
  async function raised(id: string): Promise<Raised> {
    const { raised: error, value } = await fleets.python.get(id);
    if (!error) throw new Error(`Task ${id} returned ${value?.repr}`);
    return raisedOf(error);
  }

  describe('of Nest, awaited by Python', () => {
    it('keep the types of their values', async () => {
      const ids: string[] = [];
      for (const { python } of valueCases) ids.push(await send('results.echo', `(${python},)`));
      for (const [index, { python, repr = python, type }] of valueCases.entries()) {
        expect(await fleets.python.get(ids[index]!)).toEqual({ value: { type, repr } });
      }
    });

    it.for(Object.keys(thrown))('raise what was thrown: %s', async (name) => {
      expect(await raised(await send('results.throw', `('${name}',)`))).toEqual(thrown[name]);
    });

    it('raise what Celery itself would', async () => {
      const id = await send('results.throw', "('Retry',)");
      const [type, module, , [text]] = await raised(id);
      expect([type, module]).toEqual(['MaxRetriesExceededError', 'celery.exceptions']);
      expect(text).toContain(`Can't retry results.throw[${id}]`);
      const unsendable = await raised(await send('results.unsendable'));
      expect(unsendable.slice(0, 2)).toEqual(['EncodeError', 'kombu.exceptions']);
      const unknown = ['NotRegistered', 'celery.exceptions', 'KeyError', ["'results.unknown'"]];
      expect(await raised(await send('results.unknown'))).toEqual(unknown);
      const hard = ['TimeLimitExceeded', 'billiard.exceptions', 'Exception', ['1']];
      expect(await raised(await send('results.wait', '()', { time_limit: '1' }))).toEqual(hard);
      const soft = ['SoftTimeLimitExceeded', 'billiard.exceptions', 'Exception', ['1']];
      expect(await raised(await send('results.wait', '()', { soft_time_limit: '1' }))).toEqual(soft);
    });

    it('raise TaskRevokedError for what has expired', async () => {
      const id = await send('results.echo', '(1,)', { expires: 'datetime.now(utc) - timedelta(seconds=5)' });
      expect(await raised(id)).toEqual(revoked("'expired'"));
      expect(await fleets.python.look(id)).toMatchObject({ state: 'REVOKED', traceback: null });
    });

    it('raise TaskRevokedError for what was revoked before it started', async () => {
      await fleets.tasks.revoke('revoked-early');
      const id = await send('interop.record', '()', { task_id: "'revoked-early'" });
      expect(await raised(id)).toEqual(revoked("'revoked'"));
      expect(fleets.recorder.of(id)).toEqual([]);
    });

    it('raise TaskRevokedError for what was terminated', async () => {
      const id = await send('results.wait');
      await fleets.python.look(id, 'STARTED');
      await fleets.tasks.revoke(id, { terminate: true });
      expect(await raised(id)).toEqual(revoked("'terminated'"));
    });

    it('raise WorkerLostError for what died with its workers, and call the errbacks', async () => {
      const { endpoint, recorder, redis, urls } = fleets;
      const link_error = "[signature('interop.record', queue='python', task_id='errback-of-lost')]";
      const id = await send('interop.record', '()', { queue: "'doomed'", link_error });
      // A worker that dies at once, and the receive at which SQS gives the message up.
      const receive = new ReceiveMessageCommand({
        QueueUrl: urls['doomed']!,
        VisibilityTimeout: 0,
        WaitTimeSeconds: 1,
      });
      expect((await endpoint.sqs.send(receive)).Messages).toHaveLength(1);
      expect((await endpoint.sqs.send(receive)).Messages).toBeUndefined();
      const { queues = [] } = nestQueues(urls);
      const nest = await NestFleet.start(endpoint, recorder, {
        queues: [...queues.slice(1), { name: 'doomed', url: urls['doomed']! }],
        deadLetterResults: true,
        resultBackend: redis.url,
      });
      try {
        expect((await raised(id)).slice(0, 2)).toEqual(['WorkerLostError', 'billiard.exceptions']);
        expect(await recorder.run('errback-of-lost')).toMatchObject({ by: 'python', args: [{ repr: `'${id}'` }] });
      } finally {
        await nest.stop();
      }
    });
  });

  describe('of Nest, looked at by Python', () => {
    it('say that a task has started, with the worker', async () => {
      const id = await send('results.wait');
      const started = await fleets.python.look(id, 'STARTED');
      const worker = `celery@${hostname()}`;
      expect(started.result).toEqual({ type: 'dict', repr: `{'pid': ${process.pid}, 'hostname': '${worker}'}` });
      expect(started).toMatchObject({ dateDone: null, name: 'results.wait', worker, retries: 0, queue: 'nest' });
      fleets.nest.results.release(id);
      expect(await fleets.python.get(id)).toEqual({ value: { type: 'str', repr: "'released'" } });
    });

    it('say that a task is retried, and why', async () => {
      const id = await send('results.retries');
      const retried = await fleets.python.look(id, 'RETRY');
      expect(retried).toMatchObject({ dateDone: null, retries: 0, result: { type: 'ValueError', text: 'try again' } });
      expect(retried.traceback).toContain('RangeError: try again');
      expect(await fleets.python.get(id)).toEqual({ value: { type: 'int', repr: '1' } });
      expect(await fleets.python.look(id)).toMatchObject({ state: 'SUCCESS', retries: 1, traceback: null });
    });

    it('carry what result_extended adds, typed', async () => {
      const id = await fleets.python.send('interop.record', {
        args: "(Decimal('1.10'), [1.0])",
        kwargs: "{'on': date(2024, 2, 29)}",
        options: "{'queue': 'nest'}",
      });
      await fleets.python.get(id);
      expect(await fleets.python.look(id)).toMatchObject({
        state: 'SUCCESS',
        dateDone: { type: 'datetime' },
        name: 'interop.record',
        args: [{ repr: "Decimal('1.10')" }, { repr: '[1.0]' }],
        kwargs: { on: { repr: 'datetime.date(2024, 2, 29)' } },
        worker: `celery@${hostname()}`,
        retries: 0,
        queue: 'nest',
        groupId: null,
        parentId: null,
      });
    });

    it('name their group', async () => {
      const part = (number: number): string =>
        `signature('results.echo', args=(${number},), queue='nest', task_id='part-${number}')`;
      const [groupId] = await fleets.python.apply(`group(${part(1)}, ${part(2)})`);
      for (const number of [1, 2]) {
        expect(await fleets.python.get(`part-${number}`)).toEqual({ value: { type: 'int', repr: `${number}` } });
        expect(await fleets.python.look(`part-${number}`)).toMatchObject({ groupId });
      }
    });

    it('name the tasks that were sent, and the task that sent them', async () => {
      const parent = await send('interop.reflect', "('up',)");
      const [child] = await fleets.recorder.until(
        () => fleets.recorder.runs.filter(({ parentId }) => parentId === parent),
        1,
      );
      await fleets.python.get(child!.id);
      expect(await fleets.python.look(child!.id)).toMatchObject({ parentId: parent });
      await fleets.python.get(parent);
      expect(await fleets.python.look(parent)).toMatchObject({ children: [child!.id] });
    });

    it('are those of the first run, where a task was sent twice', async () => {
      for (const text of ['first', 'second']) await send('interop.record', `('${text}',)`, { task_id: "'twice'" });
      expect(await fleets.python.get('twice')).toEqual({ value: { type: 'int', repr: '1' } });
      await drained(fleets.endpoint, fleets.urls['nest']!);
      expect(fleets.recorder.of('twice')).toHaveLength(1);
    });

    it('expire', async () => {
      const id = await send('results.echo', '(1,)');
      await fleets.python.get(id);
      const redis = await createClient({ url: fleets.redis.url }).connect();
      const seconds = await redis.ttl(`celery-task-meta-${id}`);
      redis.destroy();
      expect(seconds).toBeGreaterThan(RESULT_EXPIRES - 60);
      expect(seconds).toBeLessThanOrEqual(RESULT_EXPIRES);
    });

    it("are dropped or kept as the call says, whatever the task's own option", async () => {
      const kept = await send('results.ignored', '(1,)', { ignore_result: 'False' });
      const dropped = await send('results.kept', '(2,)', { ignore_result: 'True' });
      expect(await fleets.python.get(kept)).toEqual({ value: { type: 'int', repr: '1' } });
      await drained(fleets.endpoint, fleets.urls['nest']!);
      expect(await fleets.python.look(dropped)).toMatchObject({ state: 'PENDING' });
    });

    it('are errors alone with storeErrorsEvenIfIgnored', async () => {
      const failed = await send('results.errors', "('RangeError',)", { ignore_result: 'True' });
      const dropped = await send('results.errors', '(None,)', { ignore_result: 'True' });
      expect(await raised(failed)).toEqual(thrown['RangeError']);
      await drained(fleets.endpoint, fleets.urls['nest']!);
      expect(await fleets.python.look(dropped)).toMatchObject({ state: 'PENDING' });
    });
  });

  describe("of a chain of Python's with a step in Nest", () => {
    const step = (task: string, queue: string, more = ''): string => `signature('${task}', queue='${queue}'${more})`;
    const first = step('interop.record', 'python', ", args=('a', 'b')");

    it('are those of its steps', async () => {
      const [last, middle, start] = await fleets.python.apply(
        `chain(${first}, ${step('results.echo', 'nest')}, ${step('interop.record', 'python')})`,
      );
      expect(await fleets.python.get(last!)).toEqual({ value: { type: 'int', repr: '1' } });
      expect(await fleets.python.get(middle!)).toEqual({ value: { type: 'int', repr: '2' } });
      expect(await fleets.python.look(last!)).toMatchObject({ parentId: middle });
      expect(await fleets.python.look(middle!)).toMatchObject({ parentId: start });
      expect(await fleets.python.look(start!)).toMatchObject({ children: [middle] });
    });

    it('raise for whoever waits for the end, when that step fails', async () => {
      const failing = step('results.throw', 'nest', ", args=('PaymentDeclined',), immutable=True");
      const [last, third, middle, start] = await fleets.python.apply(
        `chain(${first}, ${failing}, ${step('results.echo', 'nest')}, ${step('interop.record', 'python')})`,
      );
      for (const id of [last!, third!, middle!]) expect(await raised(id)).toEqual(thrown['PaymentDeclined']);
      expect(await fleets.python.get(start!)).toEqual({ value: { type: 'int', repr: '2' } });
      expect(await fleets.python.look(last!)).toMatchObject({ state: 'FAILURE', name: 'interop.record' });
      await drained(fleets.endpoint, fleets.urls['nest']!);
      expect(fleets.recorder.of(last!)).toEqual([]);
    });
  });

  describe('of Python, read by Nest', () => {
    /** The record of a task that Nest sends to Python, once it is done. */
    async function recordOf(expression: string) {
      const { id } = await fleets.tasks.send('interop.evaluate', { args: [expression], queue: 'python' });
      await fleets.python.get(id);
      return { id, meta: await store.get(id) };
    }

    it('keep the types of their values', async () => {
      for (const { python, nest } of valueCases) {
        expect(exact((await recordOf(python)).meta?.result)).toBe(exact(nest));
      }
    });

    it('tell of a success', async () => {
      const { id, meta } = await recordOf("{'total': Decimal('2.50')}");
      expect(meta).toMatchObject({ taskId: id, status: 'SUCCESS', traceback: null, children: [] });
      expect(Date.parse(meta!.dateDone!)).toBeGreaterThan(Date.now() - 60_000);
      expect(meta!.extended).toMatchObject({ name: 'interop.evaluate', retries: 0, queue: 'python' });
    });

    it('tell of a failure', async () => {
      const { meta } = await recordOf("Declined('no funds', 17)");
      expect(meta).toMatchObject({
        status: 'FAILURE',
        result: { excType: 'Declined', excMessage: ['no funds', 17], excModule: 'proj.tasks' },
      });
      expect(meta!.traceback).toContain('Declined');
    });

    it('are unknown before there are any', async () => {
      expect(await store.get('nobody')).toBeUndefined();
    });
  });
}

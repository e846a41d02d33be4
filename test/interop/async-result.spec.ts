import { Injectable } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  AsyncResult,
  GroupResult,
  RemoteTaskError,
  SqsCeleryModule,
  Task,
  TaskContext,
  TaskRevokedError,
  TimeoutError,
  chain,
  group,
  signature,
  type TaskRequest,
} from 'nestjs-sqs-celery';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { credentials } from './support/endpoint.js';
import { Fleets } from './support/fleets.js';
import { noRedis } from './support/redis.js';
import { describeTargets } from './support/targets.js';
import { exact, valueCases } from './support/values.js';

/** Long enough for a busy machine, too short for a test that hangs. */
const timeoutMs = 30_000;

/** Says that it is half done, and waits. */
@Injectable()
class ProgressTasks {
  release = (): void => {};

  @Task('async-result.progress')
  async progress(@TaskContext() task: TaskRequest): Promise<string> {
    await task.updateState('PROGRESS', { done: 1, of: 2 });
    await new Promise<void>((resolve) => (this.release = resolve));
    return 'done';
  }
}

describeTargets(
  'results of Python, awaited by Nest',
  (target) => {
    let fleets: Fleets;
    beforeAll(async () => {
      fleets = await Fleets.start(target, { results: true, queues: { nest: {}, python: {}, progress: {} } });
    });
    afterAll(() => fleets?.stop());

    /** Has Python return, or raise, a value of a Python expression. */
    function evaluate(expression: string): Promise<AsyncResult> {
      return fleets.tasks.send('interop.evaluate', { args: [expression], queue: 'python' });
    }

    it('are values, with their types', async () => {
      const results = await Promise.all(valueCases.map(({ python }) => evaluate(python)));
      const got = await Promise.all(results.map((result) => result.get({ timeoutMs })));
      expect(got.map(exact)).toEqual(valueCases.map(({ nest }) => exact(nest)));
    });

    it('are told of at once, however many wait', async () => {
      const results = await Promise.all(Array.from({ length: 20 }, (_, n) => evaluate(`${n} * 2`)));
      const got = await Promise.all(results.map((result) => result.get({ timeoutMs })));
      expect(got).toEqual(results.map((_, n) => n * 2));
    });

    it('are errors with the class, message and traceback of Python', async () => {
      const result = await evaluate("ValueError('boom', 42)");
      const error: unknown = await result.get({ timeoutMs }).catch((one: unknown) => one);
      expect(error).toBeInstanceOf(RemoteTaskError);
      expect(error).toMatchObject({
        name: 'ValueError',
        message: "('boom', 42)",
        info: { excType: 'ValueError', excModule: 'builtins', excMessage: ['boom', 42] },
        remoteTraceback: expect.stringMatching(/^Traceback \(most recent call last\):\n[^]*ValueError: \('boom', 42\)/),
      });
      expect([await result.state(), await result.failed(), await result.dateDone()]).toEqual([
        'FAILURE',
        true,
        expect.any(Date),
      ]);
      const own = await (await evaluate("Declined('no funds')")).get({ timeoutMs, propagate: false });
      expect(own).toMatchObject({ name: 'Declined', message: 'no funds', info: { excModule: 'proj.tasks' } });
    });

    it('are errors of a task that expired', async () => {
      const result = await fleets.tasks.send('interop.evaluate', {
        args: ['1'],
        queue: 'python',
        expires: new Date(Date.now() - 1000),
      });
      await expect(result.get({ timeoutMs })).rejects.toThrow(TaskRevokedError);
      await expect(result.get()).rejects.toThrow('expired');
    });

    it('are found by the id of a task that Python sent, and have its children', async () => {
      const id = await fleets.python.send('interop.reflect', { args: '(1,)', options: "{'queue': 'python'}" });
      const result = fleets.tasks.asyncResult(id);
      expect(await result.get({ timeoutMs })).toBeNull();
      const [child] = (await result.children()) ?? [];
      expect(child?.id).toMatch(/^[\da-f-]{36}$/);
      expect(await child?.get({ timeoutMs })).toBeNull();
      expect(await fleets.tasks.asyncResult(child?.id ?? '').parentId()).toBe(id);
    });

    it('are waited for no longer than is said, and forgotten for Python too', async () => {
      await expect(fleets.tasks.asyncResult('nobody').get({ timeoutMs: 50 })).rejects.toThrow(TimeoutError);
      const result = await evaluate("'forgotten'");
      await result.get({ timeoutMs });
      await result.forget();
      expect(await result.state()).toBe('PENDING');
      expect(await fleets.python.look(result.id)).toMatchObject({ state: 'PENDING' });
    });

    it('are collected from all that Python has sent', async () => {
      const record = (args: string, queue: string) => `signature('interop.record', args=(${args}), queue='${queue}')`;
      const twoSteps = `chain(${record('', 'nest')}, ${record('0, 0', 'python')})`;
      const [end, first] = await fleets.python.apply(
        `chain(${record('', 'python')}, group(${record('0,', 'python')}, ${twoSteps}))`,
      );
      const collected: unknown[] = [];
      for await (const [result, value] of fleets.tasks.asyncResult(first ?? '').collect({ timeoutMs })) {
        collected.push(result instanceof GroupResult ? [result.id, value] : value);
      }
      expect(collected).toEqual([0, [end, [2, 3]], 2, 3]);
    });

    it('are those of a group that Python has saved, and of what comes before it', async () => {
      const record = (own: string) => `signature('interop.record', args=(${own}), queue='python')`;
      const canvas = `chain(${record('')}, ${record('0,')}, group(${record('0,')}, ${record('0, 0')}))`;
      const tuple = await fleets.python.save(canvas);
      const restored = await fleets.tasks.restoreGroup(tuple[0][0]);
      expect(await restored?.get({ timeoutMs })).toEqual([2, 3]);
      expect([await restored?.parent?.get(), await restored?.parent?.parent?.get()]).toEqual([2, 0]);
      expect(restored?.asTuple()).toEqual(tuple);
      expect(fleets.tasks.resultFromTuple(tuple).asTuple()).toEqual(tuple);
      await restored?.delete();
      expect(await fleets.python.restore(tuple[0][0])).toBeNull();
    });

    it('and Python restores the group that Nest has saved', async () => {
      const record = (args: readonly unknown[], queue: string) => signature('interop.record', { args, queue });
      const members = group(record([0], 'nest'), record([0, 0], 'python'));
      const sent = await fleets.tasks.send(chain(record([], 'python'), record([], 'nest'), members));
      await sent.save();
      expect(await fleets.python.restore(sent.id)).toEqual({
        values: [2, 3].map((value) => ({ type: 'int', repr: String(value) })),
        members: sent.results.map(({ id }) => id),
        parents: [sent.parent?.id, sent.parent?.parent?.id],
      });
      expect(await sent.get({ timeoutMs })).toEqual([2, 3]);
      await sent.delete();
      expect(await fleets.tasks.restoreGroup(sent.id)).toBeUndefined();
    });

    it('are not waited for where Python has not run what comes before', async () => {
      const expired = { args: ['1'], queue: 'python', expires: new Date(Date.now() - 1000) };
      const step = signature('interop.record', { queue: 'nest' });
      const sent = await fleets.tasks.send(chain(signature('interop.evaluate', expired), step, step));
      await expect(sent.get({ timeoutMs })).rejects.toThrow(TaskRevokedError);
      expect([await sent.parent?.parent?.ready(), await sent.parent?.parent?.successful()]).toEqual([true, false]);
    });

    it('and Python sees the children, and the progress, of a task of Nest', async () => {
      const parent = await fleets.python.send('interop.reflect', { args: '(1,)', options: "{'queue': 'nest'}" });
      await fleets.python.get(parent);
      const { children } = await fleets.python.look(parent);
      expect(children).toEqual([expect.stringMatching(/^[\da-f-]{36}$/)]);

      const app = await NestFactory.createApplicationContext(progressModule(fleets), { logger: false });
      try {
        const id = await fleets.python.send('async-result.progress', { options: "{'queue': 'progress'}" });
        const { result } = await fleets.python.look(id, 'PROGRESS');
        expect(result).toEqual({ type: 'dict', repr: "{'done': 1, 'of': 2}" });
        app.get(ProgressTasks).release();
        expect(await fleets.python.get(id)).toEqual({ value: { type: 'str', repr: "'done'" } });
      } finally {
        await app.close();
      }
    });
  },
  ['LocalSqs'],
  noRedis,
);

function progressModule({ endpoint, urls, redis }: Fleets) {
  const url = urls['progress'];
  return {
    module: class ProgressModule {},
    imports: [
      SqsCeleryModule.forRoot({
        waitTimeSeconds: 1,
        clientConfig: { endpoint: endpoint.url, region: endpoint.region, credentials },
        queues: [{ name: 'progress', ...(url !== undefined && { url }) }],
        resultBackend: redis.url,
      }),
    ],
    providers: [ProgressTasks],
  };
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drained } from './support/endpoint.js';
import { Fleets } from './support/fleets.js';
import type { Run } from './support/recorder.js';
import { describeTargets } from './support/targets.js';

/** Delays are whole seconds on the way; clocks of two processes on one machine agree to the millisecond. */
const TOLERANCE_MS = 50;

function attempts(runs: readonly Run[]): [by: string, retries: number][] {
  return runs.map(({ by, retries }) => [by, retries]);
}

describeTargets('tasks', (target) => {
  let fleets: Fleets;
  beforeAll(async () => {
    fleets = await Fleets.start(target);
  });
  afterAll(() => fleets?.stop());

  describe('from Python to Nest', () => {
    it('carry arguments, keyword arguments and ids', async () => {
      const id = await fleets.python.send('interop.record', {
        args: "(1, 'two')",
        kwargs: "{'three': [3], 'four': {'five': 5}}",
        options: "{'queue': 'nest'}",
      });
      expect(await fleets.recorder.run(id)).toMatchObject({
        by: 'nest',
        id,
        rootId: id,
        parentId: null,
        retries: 0,
        routingKey: 'nest',
        args: [1, 'two'],
        kwargs: { three: [3], four: { five: 5 } },
      });
    });

    it('carry custom headers and the priority', async () => {
      const headers = "{'x_tenant': 'acme', 'x_flags': {'a': [1, None]}}";
      const options = `{'queue': 'nest', 'priority': 7, 'headers': ${headers}}`;
      const id = await fleets.python.send('interop.record', { options });
      expect(await fleets.recorder.run(id)).toMatchObject({
        priority: 7,
        headers: { x_tenant: 'acme', x_flags: { a: [1, null] } },
      });
    });

    it('wait for their countdown', async () => {
      const before = Date.now();
      const id = await fleets.python.send('interop.record', { options: "{'queue': 'nest', 'countdown': 3}" });
      const run = await fleets.recorder.run(id);
      expect(run.at - before).toBeGreaterThanOrEqual(3000 - TOLERANCE_MS);
      expect(run.at).toBeGreaterThanOrEqual(Date.parse(run.eta!) - TOLERANCE_MS);
    });

    it('wait for a naive ETA, which is in UTC', async () => {
      const eta = '(datetime.now(utc) + timedelta(seconds=3)).replace(tzinfo=None)';
      const id = await fleets.python.send('interop.record', { options: `{'queue': 'nest', 'eta': ${eta}}` });
      const run = await fleets.recorder.run(id);
      expect(run.eta).not.toMatch(/[Z+]/);
      expect(run.at).toBeGreaterThanOrEqual(Date.parse(`${run.eta!}Z`) - TOLERANCE_MS);
    });

    it('run before they expire', async () => {
      const id = await fleets.python.send('interop.record', { options: "{'queue': 'nest', 'expires': 600}" });
      const run = await fleets.recorder.run(id);
      expect(Date.parse(run.expires!)).toBeGreaterThan(run.at);
    });

    it('are discarded when they have expired', async () => {
      const expires = 'datetime.now(utc) - timedelta(seconds=5)';
      const id = await fleets.python.send('interop.record', { options: `{'queue': 'nest', 'expires': ${expires}}` });
      await drained(fleets.endpoint, fleets.urls['nest']!);
      expect(fleets.recorder.of(id)).toEqual([]);
      expect(fleets.nest.log).toContain(`Discarding revoked task: interop.record[${id}]`);
    });
  });

  describe('from Nest to Python', () => {
    it('carry arguments, keyword arguments and ids', async () => {
      const kwargs = { three: [3], four: { five: 5 } };
      const { id } = await fleets.tasks.send('interop.record', { args: [1, 'two'], kwargs, queue: 'python' });
      expect(await fleets.recorder.run(id)).toMatchObject({
        by: 'python',
        id,
        rootId: id,
        parentId: null,
        retries: 0,
        routingKey: 'python',
        args: [{ repr: '1' }, { repr: "'two'" }],
        kwargs: { three: { repr: '[3]' }, four: { repr: "{'five': 5}" } },
      });
      await fleets.worker.program.line(new RegExp(`Task interop\\.record\\[${id}\\] succeeded in .*: 2$`));
    });

    it('carry custom headers and the priority', async () => {
      const headers = { x_tenant: 'acme', x_flags: { a: [1, null] } };
      const { id } = await fleets.tasks.send('interop.record', { queue: 'python', priority: 7, headers });
      expect(await fleets.recorder.run(id)).toMatchObject({ priority: 7, headers });
    });

    it('wait for their countdown', async () => {
      const before = Date.now();
      const { id } = await fleets.tasks.send('interop.record', { queue: 'python', countdown: 1.5 });
      const run = await fleets.recorder.run(id);
      expect(run.at - before).toBeGreaterThanOrEqual(1500 - TOLERANCE_MS);
    });

    it('wait for an ETA', async () => {
      const eta = new Date(Date.now() + 1000);
      const { id } = await fleets.tasks.send('interop.record', { queue: 'python', eta });
      const run = await fleets.recorder.run(id);
      expect(Date.parse(run.eta!)).toBe(eta.getTime());
      expect(run.at).toBeGreaterThanOrEqual(eta.getTime() - TOLERANCE_MS);
    });

    it('run before they expire', async () => {
      const { id } = await fleets.tasks.send('interop.record', { queue: 'python', expires: 600 });
      const run = await fleets.recorder.run(id);
      expect(Date.parse(run.expires!)).toBeGreaterThan(run.at);
    });

    it('are discarded when they have expired', async () => {
      const expires = new Date(Date.now() - 5000);
      const { id } = await fleets.tasks.send('interop.record', { queue: 'python', expires });
      await drained(fleets.endpoint, fleets.urls['python']!);
      expect(fleets.recorder.of(id)).toEqual([]);
      await fleets.worker.program.line(new RegExp(`Discarding revoked task: interop\\.record\\[${id}\\]`));
    });
  });

  describe('retries', () => {
    const headers = { x_tenant: 'acme' };

    it('of Nest, of a task that Python sent', async () => {
      const id = await fleets.python.send('interop.flaky', {
        args: '(2,)',
        options: "{'queue': 'nest', 'headers': {'x_tenant': 'acme'}, 'priority': 3}",
      });
      const runs = await fleets.recorder.until(() => fleets.recorder.of(id), 3);
      expect(attempts(runs)).toEqual([
        ['nest', 0],
        ['nest', 1],
        ['nest', 2],
      ]);
      for (const run of runs) expect(run).toMatchObject({ headers, priority: 3, rootId: id });
      await drained(fleets.endpoint, fleets.urls['nest']!);
      expect(fleets.recorder.of(id)).toHaveLength(3);
    });

    it('of Python, of a task that Nest sent', async () => {
      const { id } = await fleets.tasks.send('interop.flaky', { args: [2], queue: 'python', headers, priority: 3 });
      const runs = await fleets.recorder.until(() => fleets.recorder.of(id), 3);
      expect(attempts(runs)).toEqual([
        ['python', 0],
        ['python', 1],
        ['python', 2],
      ]);
      for (const run of runs) expect(run).toMatchObject({ headers, priority: 3, rootId: id });
    });

    it('of Nest wait for their countdown', async () => {
      const id = await fleets.python.send('interop.flaky', { args: '(1, 1)', options: "{'queue': 'nest'}" });
      const [first, second] = await fleets.recorder.until(() => fleets.recorder.of(id), 2);
      expect(second!.at - first!.at).toBeGreaterThanOrEqual(1000 - TOLERANCE_MS);
      expect(second!.eta).not.toBeNull();
    });

    it('of one side are picked up by the other, and back', async () => {
      const queues = ['python', 'nest', 'python', 'nest'];
      const { id } = await fleets.tasks.send('interop.handover', { args: [queues], queue: 'nest', headers });
      const runs = await fleets.recorder.until(() => fleets.recorder.of(id), 5);
      expect(attempts(runs)).toEqual([
        ['nest', 0],
        ['python', 1],
        ['nest', 2],
        ['python', 3],
        ['nest', 4],
      ]);
      for (const run of runs) expect(run).toMatchObject({ headers, rootId: id });
      // Celery's rule: the retry of a task without a parent becomes its own child.
      expect(runs.slice(1).map(({ parentId }) => parentId)).toEqual([id, id, id, id]);
    });

    it('of a task that Python sent to itself end with Nest', async () => {
      const id = await fleets.python.send('interop.handover', { args: "(['nest'],)", options: "{'queue': 'python'}" });
      const runs = await fleets.recorder.until(() => fleets.recorder.of(id), 2);
      expect(attempts(runs)).toEqual([
        ['python', 0],
        ['nest', 1],
      ]);
    });
  });

  it('sent by a task are its children, whichever side runs them', async () => {
    const { recorder } = fleets;
    const { id } = await fleets.tasks.send('interop.reflect', { args: ['down'], queue: 'python' });
    const [reflected] = await recorder.until(() => recorder.runs.filter((run) => run.parentId === id), 1);
    expect(reflected).toMatchObject({ by: 'nest', rootId: id, args: ['down'] });
    const other = await fleets.python.send('interop.reflect', { args: "('up',)", options: "{'queue': 'nest'}" });
    const [child] = await recorder.until(() => recorder.runs.filter((run) => run.parentId === other), 1);
    expect(child).toMatchObject({ by: 'python', rootId: other, args: [{ repr: "'up'" }] });
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Injectable } from '@nestjs/common';
import { Task, TaskContext, TaskRequest } from 'nestjs-sqs-celery';
import { LocalSqs } from 'nestjs-sqs-celery/testing';
import { describe, expect, it, vi } from 'vitest';
import { localOptions, startApp } from './nest.test-support.js';
import { startVirtualApp } from './support/virtual-app.js';
import { readMarks, WorkerProcess } from './support/worker-process.js';

const COUNT = 10_000;
const HOUR = 3_600_000;

/** What ran, and when. */
class Runs {
  readonly at = new Map<string, number[]>();

  add(id: string, moment: number): void {
    this.at.set(id, [...(this.at.get(id) ?? []), moment]);
  }
}

describe('ten thousand tasks that wait for their ETA', () => {
  it('take no slot, cost two requests for ten of them, and all run when it comes', { timeout: 180_000 }, async () => {
    const runs = new Runs();

    @Injectable()
    class Tasks {
      @Task('remind')
      remind(@TaskContext() { id }: TaskRequest): void {
        runs.add(id, clock.now());
      }
    }

    await using running = await startVirtualApp({ providers: [Tasks] });
    const { clock, sqs } = running;
    const ids = Array.from({ length: COUNT }, (_, number) => `task-${number}`);
    const due = clock.now() + HOUR;
    await Promise.all(ids.map((taskId) => running.tasks.send('remind', { taskId, eta: new Date(due) })));
    sqs.resetRequestCounts();

    // SQS itself delays a message for fifteen minutes at most; then the worker has them all at once.
    await clock.advance(HOUR / 4);
    expect(sqs.queue('celery').inFlight).toBe(COUNT);
    expect(runs.at.size).toBe(0);
    const {
      ReceiveMessage = 0,
      ChangeMessageVisibilityBatch = 0,
      GetQueueAttributes = 0,
      ...others
    } = sqs.requestCounts();
    // Idle polls of 20 s before, and a poll for each slot that is free.
    expect(ReceiveMessage).toBeGreaterThanOrEqual(COUNT / 10);
    expect(ReceiveMessage).toBeLessThan(COUNT / 10 + HOUR / 4 / 20_000 + 50);
    expect(ChangeMessageVisibilityBatch).toBeGreaterThanOrEqual(COUNT / 10);
    expect(ChangeMessageVisibilityBatch).toBeLessThan(COUNT / 10 + 50);
    // How many are in flight, once a minute.
    expect(GetQueueAttributes).toBeLessThanOrEqual(2);
    expect(others).toEqual({});

    const before = clock.now();
    await running.tasks.send('remind', { taskId: 'at once' });
    await clock.settle();
    expect(runs.at.get('at once')).toEqual([before]);
    expect(sqs.queue('celery').messages.length).toBe(COUNT);

    await clock.advance(due - clock.now() + 5_000);
    expect(sqs.queue('celery').messages).toEqual([]);
    expect(runs.at.size).toBe(COUNT + 1);
    const moments = ids.map((id) => runs.at.get(id) ?? []);
    expect(moments.filter((times) => times.length !== 1)).toEqual([]);
    expect(moments.flat().filter((moment) => moment < due || moment > due + 2_000)).toEqual([]);
  });

  it('leave the memory of the worker as it was', { timeout: 180_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sqs-celery-'));
    const marks = join(folder, 'marks');
    await using sqs = await LocalSqs.start();
    await using running = await startApp({ sqs, options: { queues: ['celery', 'template'], worker: false } });
    await running.tasks.send('remind', { taskId: 'the template', queue: 'template', eta: new Date(Date.now() + HOUR) });
    const [template] = sqs.queue('template').messages;
    if (!template) throw new Error('the template was not sent');
    const worker = await WorkerProcess.start({
      fixture: 'parking-worker',
      endpoint: sqs.endpoint,
      env: { MARK_FILE: marks },
      execArgv: ['--expose-gc'],
    });
    const inFlight = (): number => sqs.queue('celery').inFlight;

    const measured = async (count: number): Promise<number[]> => {
      await running.tasks.send('measure', { queue: 'celery' });
      await vi.waitUntil(async () => (await readMarks(marks)).length === count, { timeout: 20_000, interval: 20 });
      return (await readMarks(marks)).map(({ number }) => number);
    };

    try {
      await sendCopies(sqs, template.body, 1_000);
      await vi.waitUntil(() => inFlight() === 1_000, { timeout: 90_000, interval: 20 });
      await measured(1);
      await sendCopies(sqs, template.body, COUNT);
      await vi.waitUntil(() => inFlight() === 1_000 + COUNT, { timeout: 90_000, interval: 20 });
      const [before = 0, after = Infinity] = await measured(2);
      expect(after - before).toBeLessThan(5_000_000);
    } finally {
      await worker.end('SIGKILL');
      await rm(folder, { recursive: true });
    }
  });
});

/** Messages as other producers send them, which SQS does not delay: each with a task id of its own. */
async function sendCopies(sqs: LocalSqs, body: string, count: number): Promise<void> {
  const client = new SQSClient(localOptions(sqs).clientConfig ?? {});
  const text = Buffer.from(body, 'base64').toString();
  for (let sent = 0; sent < count; sent += 10) {
    const Entries = Array.from({ length: 10 }, (_, position) => ({
      Id: String(position),
      MessageBody: Buffer.from(text.replaceAll('the template', `task-${sent + position}`)).toString('base64'),
    }));
    await client.send(new SendMessageBatchCommand({ QueueUrl: sqs.queueUrl('celery'), Entries }));
  }
  client.destroy();
}

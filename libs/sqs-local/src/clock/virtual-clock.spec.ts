import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { call, queueClient } from '../client.test-support.js';
import { LocalSqs } from '../index.js';
import { VirtualClock } from './virtual-clock.js';

describe('VirtualClock', () => {
  it('stands still by itself and moves both of its times by what it is told', async () => {
    const clock = new VirtualClock({ startAt: 1000 });
    expect([clock.now(), clock.monotonic()]).toEqual([1000, 0]);
    await clock.advance(250);
    expect([clock.now(), clock.monotonic()]).toEqual([1250, 250]);
  });

  it('runs timers in order of time, then of setting, each at its own time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(20), { maxLength: 12 }), async (delays) => {
        const clock = new VirtualClock({ quietTurns: 1 });
        const ran: [number, number][] = [];
        delays.forEach((delay, index) => clock.setTimeout(() => ran.push([clock.monotonic(), index]), delay));
        await clock.advance(20);
        const expected = delays.map((delay, index): [number, number] => [delay, index]);
        expect(ran).toEqual(expected.toSorted(([a, i], [b, j]) => a - b || i - j));
      }),
      { numRuns: 30 },
    );
  });

  it('runs timers that promises set on the way, at their times', async () => {
    const clock = new VirtualClock();
    const times: number[] = [];
    const loop = async (): Promise<void> => {
      for (let round = 0; round < 5; round++) {
        await new Promise<void>((resolve) => clock.setTimeout(resolve, 100));
        times.push(clock.monotonic());
      }
    };
    const done = loop();
    await clock.advance(450);
    expect(times).toEqual([100, 200, 300, 400]);
    await clock.advance(50);
    await done;
    expect(times).toHaveLength(5);
  });

  it('does not run a timer that another of the same instant cancels', async () => {
    const clock = new VirtualClock();
    let ran = false;
    clock.setTimeout(() => second.cancel(), 10);
    const second = clock.setTimeout(() => (ran = true), 10);
    await clock.advance(20);
    expect(ran).toBe(false);
  });

  it('waits for work that was announced and for reads of files', async () => {
    const clock = new VirtualClock();
    const order: string[] = [];
    clock.setTimeout(() => order.push('timer'), 1);
    const end = clock.begin('something real');
    setTimeout(() => {
      order.push('work');
      end();
    }, 30);
    await clock.advance(1);
    expect(order).toEqual(['work', 'timer']);

    clock.setTimeout(() => order.push('late'), 1);
    const reading = readFile(new URL(import.meta.url)).then(() => order.push('file'));
    await clock.advance(1);
    await reading;
    expect(order.slice(2)).toEqual(['file', 'late']);
  });

  it('says what keeps it from settling', async () => {
    const clock = new VirtualClock({ patienceMs: 20 });
    clock.begin('an upload');
    await expect(clock.settle()).rejects.toThrow('an upload');
  });

  it('passes on the error of a timer', async () => {
    const clock = new VirtualClock();
    clock.setTimeout(() => {
      throw new Error('from a timer');
    }, 5);
    await expect(clock.advance(10)).rejects.toThrow('from a timer');
    expect(clock.monotonic()).toBe(5);
  });

  it('refuses to be moved twice at a time', async () => {
    const clock = new VirtualClock();
    const first = clock.advance(1);
    await expect(clock.advance(1)).rejects.toThrow('moving already');
    await first;
  });

  it('moves until a condition holds, and no further than allowed', async () => {
    const clock = new VirtualClock();
    let ready = false;
    clock.setTimeout(() => (ready = true), 1500);
    clock.setTimeout(() => {}, 60_000);
    expect(await clock.advanceUntil(() => ready)).toBe(1500);
    await expect(clock.advanceUntil(() => false, 1000)).rejects.toThrow('does not hold after 1000 ms');
  });
});

describe('VirtualClock with a LocalSqs', () => {
  it('lets an hour of polls, leases, delays and retries pass in under a second, the same way each time', async () => {
    const hour = async (): Promise<{ log: string[]; polls: number | undefined }> => {
      const clock = new VirtualClock();
      await using sqs = await LocalSqs.start({ clock });
      const queue = queueClient(sqs, 'celery', { VisibilityTimeout: '30' });
      const log: string[] = [];
      const stop = new AbortController();
      const worker = async (): Promise<void> => {
        while (!stop.signal.aborted) {
          for (const { Body, ReceiptHandle, Attributes } of await queue.receive(
            { WaitTimeSeconds: 20, AttributeNames: ['All'] },
            stop.signal,
          )) {
            log.push(`${clock.monotonic()} ${Body} ${Attributes?.ApproximateReceiveCount}`);
            if (Body === 'flaky' && Attributes?.ApproximateReceiveCount !== '4') await queue.hide(ReceiptHandle, 600);
            else await queue.remove(ReceiptHandle);
          }
        }
      };
      const working = worker().catch((error: unknown) => {
        if (!stop.signal.aborted) throw error;
      });
      await queue.send('flaky');
      await queue.send('late', { DelaySeconds: 900 });
      await clock.advance(3_600_000);
      stop.abort();
      await working;
      return { log, polls: sqs.requestCounts().ReceiveMessage };
    };

    await hour(); // warms up
    // Processor time: another process on the same machine must not make it fail.
    const before = process.cpuUsage();
    const first = await hour();
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(1000);
    expect(first.log).toEqual(['0 flaky 1', '600000 flaky 2', '900000 late 1', '1200000 flaky 3', '1800000 flaky 4']);
    expect(first.polls).toBeGreaterThan(180);
    expect(first.polls).toBeLessThan(190);
    expect(await hour()).toEqual(first);
  });

  it('does not move while a request is on its way, and not past a parked poll', async () => {
    const clock = new VirtualClock();
    await using sqs = await LocalSqs.start({ clock });
    const queue = queueClient(sqs, 'celery');
    const times: number[] = [];
    const polling = queue.receive({ WaitTimeSeconds: 20 }).then((messages) => {
      times.push(clock.monotonic());
      return messages;
    });
    await clock.advance(19_999);
    expect(times).toEqual([]);
    await clock.advance(1);
    expect(await polling).toEqual([]);
    expect(times).toEqual([20_000]);
    await call(sqs, 'DeleteQueue', { QueueUrl: queue.QueueUrl });
  });
});

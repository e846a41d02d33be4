import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { call, queueClient } from './client.test-support.js';
import { LocalSqs, VirtualClock } from './index.js';

const fifo = { ContentBasedDeduplication: 'true', VisibilityTimeout: '30' };

async function start() {
  const clock = new VirtualClock();
  const sqs = await LocalSqs.start({ clock });
  return { clock, sqs };
}

describe('FIFO queues', () => {
  it('forget a deduplication id five minutes after the first send, which a duplicate does not prolong', async () => {
    const { clock, sqs } = await start();
    await using _ = sqs;
    const queue = queueClient(sqs, 'q.fifo', fifo);
    const send = () => queue.send('x', { MessageGroupId: 'g', MessageDeduplicationId: 'd' });
    const first = await send();
    await clock.advance(200_000);
    const duplicate = await send();
    expect([duplicate.MessageId, duplicate.SequenceNumber]).toEqual([first.MessageId, first.SequenceNumber]);
    await clock.advance(99_999);
    await send();
    expect(sqs.queue('q.fifo').messages).toHaveLength(1);
    await clock.advance(1);
    await send();
    expect(sqs.queue('q.fifo').messages).toHaveLength(2);
  });

  it('refuse a handle whose visibility timeout is over', async () => {
    const { clock, sqs } = await start();
    await using _ = sqs;
    const queue = queueClient(sqs, 'q.fifo', fifo);
    await queue.send('x', { MessageGroupId: 'g' });
    const [message] = await queue.receive();
    await clock.advance(30_000);
    await expect(queue.remove(message!.ReceiptHandle)).rejects.toThrow('The receipt handle has expired');
    expect(sqs.queue('q.fifo').visible).toBe(1);
  });

  it('answer a repeated receive request with the same messages and hide them anew', async () => {
    const { clock, sqs } = await start();
    await using _ = sqs;
    const queue = queueClient(sqs, 'q.fifo', fifo);
    await queue.send('a', { MessageGroupId: 'g' });
    await queue.send('b', { MessageGroupId: 'h' });
    const attempt = { ReceiveRequestAttemptId: 'attempt-1', AttributeNames: ['ApproximateReceiveCount'] };
    const first = await queue.receive(attempt);
    await clock.advance(20_000);
    expect(await queue.receive(attempt)).toEqual(first);
    await clock.advance(29_999);
    expect(sqs.queue('q.fifo').inFlight).toBe(2);
    await queue.hide(first[0]!.ReceiptHandle, 60);
    expect(await queue.receive(attempt)).toEqual([]);
    await clock.advance(1);
    expect(await queue.bodies(attempt)).toEqual(['b']);
  });

  it('apply a change of the queue delay to messages that wait already', async () => {
    const { clock, sqs } = await start();
    await using _ = sqs;
    const queue = queueClient(sqs, 'q.fifo', { ...fifo, DelaySeconds: '600' });
    await queue.send('x', { MessageGroupId: 'g' });
    await clock.advance(60_000);
    await call(sqs, 'SetQueueAttributes', { QueueUrl: queue.QueueUrl, Attributes: { DelaySeconds: '90' } });
    await clock.advance(29_999);
    expect(await queue.receive()).toEqual([]);
    await clock.advance(1);
    expect(await queue.bodies()).toEqual(['x']);
  });

  it('deliver every group in order and one holder at a time, whatever happens to the messages', async () => {
    const { clock, sqs } = await start();
    await using _ = sqs;
    let run = 0;
    const action = fc.oneof(
      fc.record({ kind: fc.constant('send' as const), group: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ kind: fc.constant('receive' as const), max: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ kind: fc.constantFrom('delete' as const, 'nack' as const), which: fc.nat(5) }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1000, 15_000, 30_000) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
        const queue = queueClient(sqs, `q${++run}.fifo`, fifo);
        const pending: Record<string, number[]> = { a: [], b: [], c: [] };
        let held: { group: string; number: number; handle: string; until: number }[] = [];
        let serial = 0;
        for (const step of actions) {
          held = held.filter(({ until }) => until > clock.monotonic());
          if (step.kind === 'send') {
            pending[step.group]!.push(++serial);
            await queue.send(`${step.group} ${serial}`, { MessageGroupId: step.group });
          } else if (step.kind === 'wait') {
            await clock.advance(step.ms);
          } else if (step.kind === 'receive') {
            const locked = new Set(held.map(({ group }) => group));
            const seen: Record<string, number> = { a: 0, b: 0, c: 0 };
            const received = await queue.receive({ MaxNumberOfMessages: step.max });
            const available = Object.entries(pending).flatMap(([group, list]) => (locked.has(group) ? [] : list));
            expect(received).toHaveLength(Math.min(step.max, available.length));
            for (const { Body, ReceiptHandle } of received) {
              const [group = '', number] = Body.split(' ');
              expect(locked).not.toContain(group);
              expect(Number(number)).toBe(pending[group]![seen[group]!]);
              seen[group]!++;
              held.push({ group, number: Number(number), handle: ReceiptHandle, until: clock.monotonic() + 30_000 });
            }
          } else {
            const [chosen] = held.splice(step.which % Math.max(1, held.length), 1);
            if (chosen === undefined) continue;
            if (step.kind === 'nack') await queue.hide(chosen.handle, 0);
            else {
              await queue.remove(chosen.handle);
              pending[chosen.group] = pending[chosen.group]!.filter((number) => number !== chosen.number);
            }
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock, type Delivery } from '#celery';
import { EventSourceQueue } from './event-source-queue.js';
import { InvocationTime } from './invocation-time.js';
import { Invocation } from './invocation.js';
import type { SQSRecord } from './sqs-event.js';

/** What becomes of a message once it is run. `nothing`: it could not be settled. */
type Fate = 'acknowledged' | 'released' | 'nothing';

interface Planned {
  readonly id: string;
  readonly group: string;
  readonly fate: Fate;
}

const planned: fc.Arbitrary<Planned[]> = fc
  .array(
    fc.record({ group: fc.constantFrom('a', 'b', 'c'), fate: fc.constantFrom('acknowledged', 'released', 'nothing') }),
  )
  .map((messages) => messages.map((message, index) => ({ ...message, id: String(index) })));

function recordOf({ id, group }: Planned): SQSRecord {
  return {
    messageId: id,
    receiptHandle: id,
    body: '',
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '0',
      ApproximateFirstReceiveTimestamp: '0',
      MessageGroupId: group,
    },
    messageAttributes: {},
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:q.fifo',
  };
}

interface Played {
  readonly ran: readonly string[];
  /** Seconds for which each message is hidden, in the order of the requests. */
  readonly released: ReadonlyMap<string, number>;
  readonly reported: readonly string[];
  readonly most: number;
}

/** Runs the messages in one invocation. */
async function play(messages: readonly Planned[], concurrency: number, fifo: boolean): Promise<Played> {
  const ran: string[] = [];
  const released = new Map<string, number>();
  let running = 0;
  let most = 0;
  const handle = async (delivery: Delivery): Promise<void> => {
    ran.push(delivery.messageId);
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    const { fate } = messages[Number(delivery.messageId)]!;
    if (fate === 'acknowledged') await delivery.acknowledge();
    if (fate === 'released') await delivery.release(60);
    running--;
  };
  const source = new EventSourceQueue({
    queue: { name: 'q', url: 'http://127.0.0.1/000000000000/q.fifo', fifo },
    concurrency,
    handle,
    settling: {
      delete: () => Promise.resolve(),
      release: async ({ messageId }, seconds) => {
        released.set(messageId, seconds);
        return 'released';
      },
    },
    sender: { send: () => Promise.resolve() },
    log: { log: () => {}, warn: () => {}, error: () => {}, debug: () => {} },
  });
  const time = new InvocationTime(systemClock, 60_000);
  const reported = await new Invocation(source, messages.map(recordOf), time, systemClock).run();
  time.stop();
  return { ran, released, reported, most };
}

describe('an invocation', () => {
  it('runs everything of a standard queue, and reports what is not acknowledged', () =>
    fc.assert(
      fc.asyncProperty(planned, fc.integer({ min: 1, max: 5 }), async (messages, concurrency) => {
        const { ran, reported, most } = await play(messages, concurrency, false);
        expect(ran).toEqual(messages.map(({ id }) => id));
        expect(reported).toEqual(messages.filter(({ fate }) => fate !== 'acknowledged').map(({ id }) => id));
        expect(most).toBe(Math.min(messages.length, concurrency));
      }),
    ));

  it('runs each group of a FIFO queue in order, up to what has to come back, and reports that and the rest in order', () =>
    fc.assert(
      fc.asyncProperty(planned, fc.integer({ min: 1, max: 5 }), async (messages, concurrency) => {
        const { ran, reported, released, most } = await play(messages, concurrency, true);
        const groups = [...new Set(messages.map(({ group }) => group))];
        for (const group of groups) {
          const ofGroup = messages.filter((message) => message.group === group);
          const first = ofGroup.findIndex(({ fate }) => fate !== 'acknowledged');
          const end = first < 0 ? ofGroup.length : first;
          const ids = ofGroup.map(({ id }) => id);
          expect(ran.filter((id) => ids.includes(id))).toEqual(ids.slice(0, end + 1));
          expect(reported.filter((id) => ids.includes(id))).toEqual(ids.slice(end));
          const seconds = ids.slice(end).map((id, index) => [id, index === 0 ? 60 : 0]);
          const isReleased = ofGroup[first]?.fate === 'released';
          expect([...released].filter(([id]) => ids.includes(id)).toSorted(byId)).toEqual(isReleased ? seconds : []);
        }
        expect(most).toBe(Math.min(groups.length, concurrency));
      }),
    ));
});

function byId([one]: readonly [string, number], [other]: readonly [string, number]): number {
  return Number(one) - Number(other);
}

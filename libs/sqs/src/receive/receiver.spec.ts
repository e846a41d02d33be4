import { beforeEach, describe, expect, it } from 'vitest';

import { VirtualClock } from '#sqs-local';

import { localQueue, LogLines } from '../transport.test-support.js';
import type { RequestEnd } from '../client/request-end.js';
import { PollHealth } from './poll-health.js';
import type { Received } from './poller.js';
import { Receiver, type ReceiverOptions } from './receiver.js';

type Poll = (asked: number, end: RequestEnd) => Promise<Received>;

const never: Poll = () => new Promise(() => undefined);
let clock: VirtualClock;
let log: LogLines;
let polls: number[];
let poll: Poll;
let occupied: () => number;
let arrived: () => void;
let receiver: Receiver;

const empty: Received = { messages: [], unusable: 0, askedAt: 0 };
const message = { MessageId: '1', ReceiptHandle: '1', Body: 'x' };
const long: Poll = (_asked, end) =>
  new Promise((resolve, reject) => {
    clock.setTimeout(() => resolve(empty), 20_000);
    end.onabort = () => reject(new Error('aborted'));
  });

beforeEach(() => {
  clock = new VirtualClock();
  log = new LogLines();
  polls = [];
  poll = long;
  occupied = () => 0;
  arrived = () => undefined;
  receiver = new Receiver(options());
});

const since = (from: number): number[] => polls.filter((at) => at >= from);

describe('the watchdog', () => {
  it('sees nothing wrong in an hour of polling, in pauses and where all slots are taken', async () => {
    receiver.open();
    await clock.advance(3_600_000);
    occupied = () => 10;
    await clock.advance(3_600_000);
    expect(receiver.state).toMatchObject({ polls: 0, stalls: 0, trouble: undefined });
    receiver.close();
    occupied = () => 0;
    await clock.advance(3_600_000);
    expect(receiver.state).toMatchObject({ polls: 0, stalls: 0, trouble: undefined });
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives up a poll that never ends, not even when it is aborted, and polls on', async () => {
    poll = never;
    receiver.open();
    await clock.advance(29_000);
    expect(receiver.state).toMatchObject({ polls: 1, stalls: 0, trouble: undefined });
    poll = long;
    await clock.advance(31_000);
    expect(receiver.state).toMatchObject({ polls: 1, stalls: 1 });
    expect(log.matching(/^error .*halt \(1 of 1 polls never ended\)/)).toHaveLength(1);
    const from = clock.monotonic() + 1;
    await clock.advance(200_000);
    expect(since(from)).toHaveLength(10);
    expect(receiver.state).toMatchObject({ polls: 1, stalls: 1, failures: 0, trouble: undefined });
    receiver.close();
  });

  it('says so while it goes on, and restarts no more than once in ten seconds', async () => {
    poll = never;
    receiver.open();
    await clock.advance(45_000);
    expect(receiver.state).toMatchObject({ trouble: 'stalled', lastError: { code: 'PollStalled' }, failures: 1 });
    await clock.advance(3_600_000);
    expect(receiver.state.trouble).toBe('stalled');
    expect(polls.length).toBeGreaterThan(60);
    expect(polls.length).toBeLessThan(120);
    expect(log.matching(/^error/)).toHaveLength(1);
    receiver.close();
  });

  it('polls when slots became free and nobody said so', async () => {
    poll = () => Promise.resolve({ ...empty, messages: [message] });
    arrived = () => void (occupied = () => 10);
    receiver.open();
    await clock.advance(60_000);
    expect(receiver.state).toMatchObject({ polls: 0, trouble: undefined });
    poll = long;
    arrived = () => undefined;
    occupied = () => 0;
    expect(receiver.state.trouble).toBe('stalled');
    await clock.advance(10_000);
    expect(receiver.state).toMatchObject({ polls: 1, stalls: 1 });
    await clock.advance(20_000);
    expect(receiver.state).toMatchObject({ polls: 1, stalls: 1, failures: 0, trouble: undefined });
    receiver.close();
  });

  it('takes a poll that ends after all for what it is', async () => {
    let answer = (_received: Received): void => undefined;
    poll = () => new Promise((resolve) => (answer = resolve));
    let taken = 0;
    arrived = () => void taken++;
    receiver.open();
    const first = answer;
    await clock.advance(60_000);
    expect(receiver.state).toMatchObject({ stalls: 1, polls: 1 });
    first({ ...empty, messages: [message] });
    await clock.settle();
    expect(taken).toBe(1);
    expect(receiver.state.polls).toBe(1);
    poll = long;
    answer(empty);
    receiver.close();
  });
});

describe('a failure in our own house', () => {
  it('of whoever takes the messages slows polling down and never ends it', async () => {
    poll = () => Promise.resolve({ ...empty, messages: [message] });
    arrived = () => {
      throw new TypeError('arrived');
    };
    receiver.open();
    await clock.advance(3_600_000);
    expect(receiver.state).toMatchObject({
      lastError: { code: 'TypeError' },
      trouble: 'failing',
      lastPollAt: undefined,
    });
    expect(polls.length).toBeLessThan(140);
    expect(log.matching(/^error/)).toHaveLength(1);
    arrived = () => void (poll = long);
    await clock.advance(60_000);
    expect(receiver.state).toMatchObject({ polls: 1, failures: 0, trouble: undefined });
    receiver.close();
  });

  it('of whoever counts the slots does, too', async () => {
    receiver.open();
    occupied = () => {
      throw new TypeError('occupied');
    };
    await clock.advance(3_600_000);
    expect(receiver.state).toMatchObject({ polls: 0, lastError: { code: 'TypeError' } });
    occupied = () => 0;
    const from = clock.monotonic();
    await clock.advance(60_000);
    expect(since(from).length).toBeGreaterThan(0);
    await clock.advance(60_000);
    expect(receiver.state).toMatchObject({ polls: 1, failures: 0, trouble: undefined });
    receiver.close();
  });
});

describe('polls that are out together', () => {
  it('do not lift each other’s pauses', async () => {
    let turn = 0;
    const failed: number[] = [];
    // Full answers, so that there are always several; every third one fails.
    poll = async (asked) => {
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, 10));
      if (turn++ % 3 === 0) {
        failed.push(clock.monotonic());
        throw Object.assign(new Error('x'), { $metadata: { httpStatusCode: 503 } });
      }
      return { ...empty, messages: Array.from({ length: asked }, (_, n) => ({ ...message, MessageId: `${n}` })) };
    };
    receiver = new Receiver({
      ...options(),
      room: () => ({ concurrency: 50, prefetch: 0, occupied: 0, mayAsk: Infinity }),
    });
    receiver.open();
    await clock.advance(60_000);
    expect(failed.length).toBeGreaterThan(20);
    const tooEarly = polls.filter((at) => failed.some((failure) => at >= failure && at < failure + 1000));
    expect(tooEarly).toEqual([]);
    receiver.close();
  });
});

describe('behind an answer that was half a batch', () => {
  let asked: number[];
  beforeEach(async () => {
    asked = [];
    poll = (most, end) => {
      asked.push(most);
      if (asked.length > 1) return long(most, end);
      return Promise.resolve({ ...empty, messages: [message] });
    };
    arrived = () => void (occupied = () => 5);
    receiver.open();
    await clock.settle();
  });

  it('waits for what was brought, and asks for a whole one', async () => {
    expect(asked).toEqual([10]);
    occupied = () => 0;
    receiver.wake();
    await clock.settle();
    expect(asked).toEqual([10, 10]);
    receiver.close();
  });

  it('waits no longer than a moment while tasks run on', async () => {
    await clock.advance(4);
    expect(asked).toEqual([10]);
    await clock.advance(1);
    expect(asked).toEqual([10, 5]);
    receiver.close();
  });
});

function options(): ReceiverOptions {
  return {
    poller: {
      longestMs: 25_000,
      poll: (asked, _repeatable, end) => {
        polls.push(clock.monotonic());
        return poll(asked, end);
      },
    },
    health: new PollHealth({ queue: localQueue('q'), clock, log, events: {} }),
    clock,
    room: () => ({ concurrency: 10, prefetch: 0, occupied: occupied(), mayAsk: Infinity }),
    arrived: () => arrived(),
  };
}

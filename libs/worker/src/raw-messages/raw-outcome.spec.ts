import { Ignore, Reject, Retry, UnrecoverableError, systemClock, type Clock } from '#celery';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonText, verdictOf, type RawVerdict } from './raw-outcome.js';
import { RedeliveryDelay } from '../redelivery-delay.js';
import { FIFO, RecordedDelivery, STANDARD, withRedrive } from '../worker.test-support.js';

const NOW = Date.UTC(2026, 0, 1);
const cause = new Error('upstream is down');
const redeliveryDelay = new RedeliveryDelay({ requeueDelay: () => 20 });

interface State {
  readonly receiveCount?: number;
  readonly unstartedReceives?: number;
  readonly maxReceiveCount?: number;
  readonly heldSeconds?: number;
}

function verdict(
  error: unknown,
  { receiveCount = 1, maxReceiveCount, heldSeconds = 0, ...state }: State = {},
): RawVerdict {
  const queue = maxReceiveCount === undefined ? STANDARD : withRedrive(STANDARD, maxReceiveCount);
  const delivery = new RecordedDelivery({ queue, receiveCount, ...state });
  const clock: Clock = {
    ...systemClock,
    now: () => NOW,
    monotonic: () => delivery.receivedAt + heldSeconds * 1000,
  };
  return verdictOf(error, delivery, { clock, maxDeliveries: 10, redeliveryDelay });
}

describe('verdictOf', () => {
  it.each([
    ['Ignore', new Ignore(), { kind: 'ignored' }],
    ['Reject', new Reject({ reason: 'not ours' }), { kind: 'rejected', reason: 'not ours' }],
    ['Reject(requeue)', new Reject({ requeue: true }), { kind: 'retried', delaySeconds: 20 }],
    ['Retry', new Retry({ cause }), { kind: 'retried', error: cause, delaySeconds: 180 }],
    ['Retry(countdown)', new Retry({ countdown: 1.2 }), { kind: 'retried', delaySeconds: 2 }],
    ['Retry in the past', new Retry({ countdown: -5 }), { kind: 'retried', delaySeconds: 0 }],
    ['Retry(eta)', new Retry({ eta: '2026-01-01T00:01:00' }), { kind: 'retried', delaySeconds: 60 }],
    ['Retry(Date)', new Retry({ eta: new Date(NOW + 1500) }), { kind: 'retried', delaySeconds: 2 }],
    ['UnrecoverableError', new UnrecoverableError('bad', { cause }), { kind: 'exhausted', error: cause }],
    ['an error', cause, { kind: 'failed', error: cause }],
    ['what is no error', 'text', { kind: 'failed', error: 'text' }],
  ])('%s', (_what, error, expected) => {
    expect(verdict(error)).toMatchObject(expected);
  });

  it('backs off longer at every other receive', () => {
    const delay = (receiveCount: number): number => Object(verdict(cause, { receiveCount })).delaySeconds;
    expect(delay(1)).toBeLessThanOrEqual(5);
    expect(delay(9)).toBeGreaterThanOrEqual(12);
  });

  it.each([
    ['an error', cause, cause],
    ['a retry', new Retry({ countdown: 5, cause }), cause],
    ['a requeue', new Reject({ requeue: true, reason: 'later' }), expect.any(Reject)],
  ])('gives %s up at the last receive, when there is time to say why', (_what, error, expected) => {
    expect(verdict(error, { maxReceiveCount: 3, receiveCount: 2 }).kind).not.toBe('exhausted');
    expect(verdict(error, { maxReceiveCount: 3, receiveCount: 3 })).toEqual({ kind: 'exhausted', error: expected });
    expect(verdict(error, { receiveCount: 9 }).kind).not.toBe('exhausted');
    expect(verdict(error, { receiveCount: 10 })).toEqual({ kind: 'exhausted', error: expected });
  });

  it('honours maxRetries, for which unstarted receives do not count', () => {
    const retry = new Retry({ maxRetries: 2, cause });
    expect(verdict(retry, { receiveCount: 2 }).kind).toBe('retried');
    expect(verdict(retry, { receiveCount: 3 })).toEqual({ kind: 'exhausted', error: cause });
    expect(verdict(retry, { receiveCount: 4, unstartedReceives: 2 }).kind).toBe('retried');
    expect(verdict(new Retry({ maxRetries: null }), { receiveCount: 9 }).kind).toBe('retried');
  });

  it.each([{ args: [] }, { kwargs: {} }, { queue: 'other' }, { headers: {} }])(
    'fails a retry that would change the message: %o',
    (change) => {
      expect(verdict(new Retry(change))).toMatchObject({ kind: 'failed', error: expect.any(TypeError) });
    },
  );

  it('asks for no delay that SQS does not have', () => {
    const delays = fc.record({
      countdown: fc.double({ min: -1e6, max: 1e9, noNaN: true }),
      heldSeconds: fc.double({ min: 0, max: 50_000, noNaN: true }),
    });
    fc.assert(
      fc.property(delays, ({ countdown, heldSeconds }) => {
        const { delaySeconds } = Object(verdict(new Retry({ countdown }), { heldSeconds })) as { delaySeconds: number };
        expect(Number.isInteger(delaySeconds)).toBe(true);
        expect(delaySeconds).toBeGreaterThanOrEqual(0);
        expect(delaySeconds === 0 || delaySeconds + heldSeconds < 43_200).toBe(true);
      }),
    );
  });

  it('is the same on FIFO queues, where the message keeps its place', () => {
    const delivery = new RecordedDelivery({ queue: FIFO });
    const deps = { clock: systemClock, maxDeliveries: 10, redeliveryDelay };
    expect(verdictOf(new Retry({ countdown: 5 }), delivery, deps)).toMatchObject({ kind: 'retried', delaySeconds: 5 });
  });
});

describe('reasonText', () => {
  it.each([
    [new TypeError('x'), 'RawMessage:TypeError'],
    ['text', 'RawMessage:string'],
    [undefined, 'RawMessage:undefined'],
    [
      Object.defineProperty(new Error('x'), 'name', {
        get() {
          throw new Error('hostile');
        },
      }),
      'RawMessage:Error',
    ],
  ])('%#', (error, reason) => {
    expect(reasonText(error)).toBe(reason);
  });
});

import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';

import { systemClock } from '#celery/ports';
import { LocalSqs } from '#sqs-local';

import { compile, type Compiled } from '../lease/thread/compiled.test-support.js';
import { transportFor, type Harness } from '../transport.test-support.js';
import { RequestCounter, type BilledRequest, type RequestCount } from './request-counter.js';

const KB = 1024;

let compiled: Compiled;
beforeAll(() => void (compiled = compile('libs/sqs/src', 'libs/celery/src')), 30_000);
afterAll(() => compiled.remove());

let sqs: LocalSqs;
let told: BilledRequest[];
let counter: RequestCounter;
let harness: Harness;
/** Extensions that SQS has confirmed. */
let extended: number;

beforeEach(async () => {
  told = [];
  extended = 0;
  counter = new RequestCounter((request) => told.push(request));
  sqs = await LocalSqs.start();
  sqs.createQueue('q');
  harness = await transportFor(sqs, systemClock, {
    queues: ['q'],
    leaseThread: compiled.url('libs/sqs/src/lease/thread/lease-thread.ts'),
    events: {
      request: (event) => counter.request(event),
      receiveEnded: (event) => counter.receiveEnded(event),
      leaseExtended: () => void extended++,
    },
  });
});
afterEach(async () => {
  await harness.close();
  await sqs.close();
});

function countOf(action: string): RequestCount | undefined {
  return counter.counts().find((count) => count.action === action);
}

function requestsByAction(): Record<string, number> {
  return Object.fromEntries(counter.counts().map(({ action, requests }) => [action, requests]));
}

function until(holds: () => boolean): Promise<boolean> {
  return vi.waitUntil(holds, { timeout: 15_000, interval: 10 });
}

it('counts what the endpoint counts: sends, receives, deletes, and the extensions of the lease thread', async () => {
  let handled = 0;
  // Long enough that no lease ends on a loaded machine: a message that came twice would be counted twice.
  harness.consume('q', { lease: 4, waitTimeSeconds: 1 }, async (delivery) => {
    if (delivery.body === 'long') await until(() => extended >= 2);
    await delivery.acknowledge();
    handled++;
  });
  const { sender } = harness.transport;
  await sender.send('q', { body: 'long' });
  await Promise.all(Array.from({ length: 12 }, () => sender.send('q', { body: 'm' })));
  await until(() => handled === 13);
  await harness.close();
  expect(harness.log.matching(/lease thread/)).toEqual(['debug The lease thread is ready']);
  expect(countOf('ChangeMessageVisibilityBatch')?.requests).toBeGreaterThanOrEqual(2);
  expect(requestsByAction()).toEqual(sqs.requestCounts());
  expect(countOf('SendMessageBatch')).toMatchObject({ messages: 13 });
  expect(countOf('ReceiveMessage')).toMatchObject({ messages: 13, bytes: 12 + 'long'.length });
  expect(countOf('DeleteMessageBatch')).toMatchObject({ messages: 13 });
  expect(told).toHaveLength(Object.values(sqs.requestCounts()).reduce((sum, count) => sum + count, 0));
}, 30_000);

it('bills each started 64 KB of a batch, sent and received, and what it deletes once', async () => {
  const body = 'x'.repeat(10 * KB);
  const messageAttributes = { a: { DataType: 'String', StringValue: 'y' } };
  const { sender } = harness.transport;
  await Promise.all(Array.from({ length: 10 }, () => sender.send('q', { body, messageAttributes })));
  const bytes = 10 * (10 * KB + 'aStringy'.length);
  expect(countOf('SendMessageBatch')).toMatchObject({ requests: 1, billed: 2, messages: 10, bytes });

  let handled = 0;
  harness.consume('q', { waitTimeSeconds: 1 }, async (delivery) => {
    await delivery.acknowledge();
    handled++;
  });
  await until(() => handled === 10);
  const received = countOf('ReceiveMessage');
  expect(received).toMatchObject({ messages: 10, bytes });
  // Ten messages came in one answer: the polls beside it, if any, brought nothing.
  expect(received?.billed).toBe((received?.requests ?? 0) + 1);
  const deleted = countOf('DeleteMessageBatch');
  expect(deleted).toMatchObject({ messages: 10, bytes: 0 });
  expect(deleted?.billed).toBe(deleted?.requests);
});

it('counts a receive that is never answered as a request, and not as an empty one', async () => {
  sqs.fail({ action: 'ReceiveMessage', how: 'error', times: 1 });
  harness.consume('q', { waitTimeSeconds: 1 }, (delivery) => delivery.acknowledge());
  await until(() => (countOf('ReceiveMessage')?.empty ?? 0) > 0);
  // The poll after the empty one has arrived: closing aborts it, and one that had not left would be counted here alone.
  await until(() => (sqs.requestCounts()['ReceiveMessage'] ?? 0) >= 3);
  await harness.close();
  const polls = countOf('ReceiveMessage');
  expect(polls?.requests).toBe(sqs.requestCounts()['ReceiveMessage']);
  expect(polls?.empty).toBeLessThan(polls?.requests ?? 0);
});

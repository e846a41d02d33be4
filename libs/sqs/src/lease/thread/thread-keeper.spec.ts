import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { systemClock, type Delivery } from '#celery/ports';

import type { Consumer } from '../../receive/consumer.js';
import { gate, localQueue, LogLines } from '../../transport.test-support.js';
import { SqsTransport } from '../../transport.js';
import { compile, type Compiled } from './compiled.test-support.js';

// Real time and real threads: a blocked event loop cannot be had on a clock that stands still. The endpoint runs in a
// thread of its own, as it must answer while this one is blocked.
let compiled: Compiled;
let endpointThread: Worker;
let endpoint: string;
let transport: SqsTransport;
let consumer: Consumer | undefined;
let log: LogLines;
let events: string[];

beforeAll(async () => {
  compiled = compile('libs/sqs/src', 'libs/sqs-local/src', 'libs/celery/src');
  const source = `
    import { parentPort } from 'node:worker_threads';
    const { LocalSqs } = await import(${JSON.stringify(compiled.url('libs/sqs-local/src/index.ts').href)});
    const sqs = await LocalSqs.start({ port: 0 });
    sqs.createQueue('q');
    sqs.createQueue('other');
    parentPort.postMessage(sqs.endpoint);
    parentPort.on('message', () => {});`;
  endpointThread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), { execArgv: [] });
  [endpoint] = (await once(endpointThread, 'message')) as [string];
}, 30_000);
afterAll(async () => {
  await endpointThread.terminate();
  compiled.remove();
});

beforeEach(async () => {
  log = new LogLines();
  events = [];
  transport = new SqsTransport({
    queues: [localQueue('q')],
    clientConfig: { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } },
    clock: systemClock,
    log,
    leaseThread: compiled.url('libs/sqs/src/lease/thread/lease-thread.ts'),
    events: {
      leaseLost: ({ reason }) => void events.push(`lost ${reason}`),
      leaseExtended: () => void events.push('extended'),
      leasesAbandoned: () => void events.push('abandoned'),
      deliveryStale: () => void events.push('stale'),
    },
  });
  await transport.prepare();
});
afterEach(async () => {
  await consumer?.stop({ shutdownTimeoutMs: 0 });
  consumer = undefined;
  await transport.close();
});

/** Holds the event loop as a computation would. */
function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Consumes one message, resolving when it has arrived and the lease thread is at work. */
async function held(options: Parameters<SqsTransport['consume']>[1]): Promise<{ delivery: Delivery; end: () => void }> {
  const { opened, open } = gate();
  const arrived = new Promise<Delivery>((resolve) => {
    consumer = transport.consume('q', options, async (delivery) => {
      resolve(delivery);
      if (delivery.receiveCount === 1) await opened;
      await delivery.acknowledge();
    });
  });
  consumer?.start();
  await transport.sender.send('q', { body: 'm' });
  const delivery = await arrived;
  await until(() => log.matching(/thread is ready/).length > 0);
  return { delivery, end: open };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('the lease thread', () => {
  it(
    'keeps a message while its handler blocks the event loop for longer than the lease',
    { timeout: 20_000 },
    async () => {
      const { delivery, end } = await held({ lease: 2, waitTimeSeconds: 1 });
      block(5000);
      expect(delivery.lease.lost).toBe(false);
      expect((await transport.counts('q')).inFlight).toBe(1);
      end();
      await until(async () => (await transport.counts('q')).inFlight === 0);
      expect(events).not.toContain('lost expired');
      expect((await transport.counts('q')).visible).toBe(0);
    },
  );

  it('gives up a message once the loop has been blocked for too long, and says so', { timeout: 20_000 }, async () => {
    const { delivery, end } = await held({ lease: 2, maxBlockedMs: 1000, waitTimeSeconds: 1 });
    block(4000);
    expect(delivery.lease.lost).toBe(true);
    await until(() => events.includes('abandoned'));
    expect(log.matching(/^error The event loop was blocked/)).toHaveLength(1);
    end();
    await until(async () => (await transport.counts('q')).visible + (await transport.counts('q')).inFlight === 0);
  });

  it('leaves a released message alone', { timeout: 20_000 }, async () => {
    const { delivery, end } = await held({ lease: 2, waitTimeSeconds: 1 });
    await until(() => events.includes('extended'));
    await delivery.release(0);
    end();
    await until(async () => (await transport.counts('q')).visible + (await transport.counts('q')).inFlight === 0);
    expect(events).not.toContain('lost refused');
  });

  it('hands its leases to the event loop when it cannot run', { timeout: 20_000 }, async () => {
    await transport.close();
    transport = new SqsTransport({
      queues: [localQueue('q')],
      clientConfig: { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } },
      log,
      leaseThread: compiled.url('libs/sqs/src/lease/thread/lease-thread-messages.ts'),
      events: { leaseExtended: () => void events.push('extended') },
    });
    await transport.prepare();
    const { opened, open } = gate();
    consumer = transport.consume('q', { lease: 2, waitTimeSeconds: 1 }, async (delivery) => {
      await opened;
      await delivery.acknowledge();
    });
    consumer.start();
    await transport.sender.send('q', { body: 'm' });
    await until(() => events.includes('extended'));
    expect(log.matching(/^warn The lease thread ended/)).toHaveLength(1);
    open();
    await until(async () => (await transport.counts('q')).inFlight === 0);
  });

  it(
    'does not run what arrived while the loop was blocked and may be over: it comes again',
    { timeout: 20_000 },
    async () => {
      const counts: number[] = [];
      consumer = transport.consume('q', { lease: 2, waitTimeSeconds: 10 }, async (delivery) => {
        counts.push(delivery.receiveCount);
        await delivery.acknowledge();
      });
      consumer.start();
      await transport.sender.send('q', { body: 'late', delaySeconds: 1 });
      block(4000);
      await until(() => counts.length > 0);
      expect(events).toContain('stale');
      expect(counts).toEqual([2]);
    },
  );
});

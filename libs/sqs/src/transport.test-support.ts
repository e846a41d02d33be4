import type { Clock, DeliveryHandler, Log } from '#celery/ports';
import type { LocalSqs, VirtualClock } from '#sqs-local';

import type { ConsumeOptions, QueueOptions, SqsTransportOptions } from './options.js';
import type { Consumer } from './receive/consumer.js';
import { SqsTransport } from './transport.js';

/** Log lines by level. */
export class LogLines implements Log {
  readonly lines: string[] = [];
  log = (message: string): void => void this.lines.push(`log ${message}`);
  warn = (message: string): void => void this.lines.push(`warn ${message}`);
  error = (message: string): void => void this.lines.push(`error ${message}`);
  debug = (message: string): void => void this.lines.push(`debug ${message}`);

  matching(pattern: RegExp): string[] {
    return this.lines.filter((line) => pattern.test(line));
  }
}

/** Options for a queue of the local endpoint. */
export function localQueue(name: string, options: Partial<QueueOptions> = {}): QueueOptions {
  return { name, sqsName: name, consume: true, ...options };
}

/** Where the local endpoint is, with keys it does not check. */
export function localConfig(sqs: LocalSqs): NonNullable<SqsTransportOptions['clientConfig']> {
  return {
    endpoint: sqs.endpoint,
    region: sqs.region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
}

/** A transport on the local endpoint, and what it told. */
export interface Harness {
  readonly transport: SqsTransport;
  readonly log: LogLines;
  /** Requests by action. */
  readonly requests: Record<string, number>;
  /** Events as `name detail`. */
  readonly events: string[];
  /** Makes a consumer and starts it. */
  consume(queue: string, options: ConsumeOptions, handle: DeliveryHandler): Consumer;
  /** Stops the consumers and closes the transport. */
  close(): Promise<void>;
}

interface HarnessOptions extends Partial<Omit<SqsTransportOptions, 'queues'>> {
  readonly queues: readonly (string | QueueOptions)[];
}

/** Prepares a transport on `sqs`. */
export async function transportFor(sqs: LocalSqs, clock: Clock, options: HarnessOptions): Promise<Harness> {
  const log = new LogLines();
  const requests: Record<string, number> = {};
  const events: string[] = [];
  const consumers: Consumer[] = [];
  const transport = new SqsTransport({
    clientConfig: localConfig(sqs),
    clock,
    log,
    events: {
      request: ({ action }) => void (requests[action] = (requests[action] ?? 0) + 1),
      leaseLost: ({ reason }) => void events.push(`leaseLost ${reason}`),
      leaseExtended: ({ count }) => void events.push(`leaseExtended ${count}`),
      pollFailed: ({ code }) => void events.push(`pollFailed ${code}`),
      deliveryStale: () => void events.push('deliveryStale'),
    },
    ...options,
    queues: options.queues.map((queue) => (typeof queue === 'string' ? localQueue(queue) : queue)),
  });
  await transport.prepare();
  return {
    transport,
    log,
    requests,
    events,
    consume(queue, consumeOptions, handle) {
      const consumer = transport.consume(queue, consumeOptions, handle);
      consumers.push(consumer);
      consumer.start();
      return consumer;
    },
    async close() {
      await Promise.all(consumers.map((consumer) => consumer.stop({ shutdownTimeoutMs: 0 })));
      await transport.close();
    },
  };
}

/** Runs `work` to its end while the virtual clock moves, and returns what it came to. */
export async function whileTimePasses<Result>(clock: VirtualClock, work: Promise<Result>): Promise<Result> {
  let ended = false;
  const end = work.finally(() => void (ended = true));
  end.catch(() => undefined);
  await clock.advanceUntil(() => ended);
  return end;
}

/** A promise and its handles. */
export function gate(): { readonly opened: Promise<void>; readonly open: (this: void) => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
  type Message,
  type ReceiveMessageCommandOutput,
} from '@aws-sdk/client-sqs';
import { Injectable } from '@nestjs/common';
import {
  LeaseLostError,
  Reject,
  Retry,
  signature,
  Task,
  TaskContext,
  TaskRequest,
  WorkerControl,
} from 'nestjs-sqs-celery';
import type { LocalSqs } from 'nestjs-sqs-celery/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { localOptions } from './nest.test-support.js';
import { startVirtualApp, startVirtualSqs, type VirtualApp } from './support/virtual-app.js';

const MINUTE = 60_000;
const LEASE_MS = 30_000;

describe('a task of two hours', () => {
  it(
    'runs once, though its lease is of half a minute and another worker waits for it',
    { timeout: 60_000 },
    async () => {
      const runs: string[] = [];

      @Injectable()
      class Tasks {
        @Task('report')
        async report(): Promise<void> {
          runs.push('begins');
          await new Promise<void>((resolve) => running.clock.setTimeout(resolve, 120 * MINUTE));
          runs.push('ends');
        }
      }

      await using running = await startVirtualApp({ providers: [Tasks] });
      await running.tasks.send('report');
      await running.clock.settle();
      await using other = await startVirtualApp({ providers: [Tasks], on: running });
      await running.clock.advance(119 * MINUTE);
      const [message] = other.sqs.queue('celery').messages;
      expect(message).toMatchObject({ state: 'inFlight', receiveCount: 1 });
      expect(message?.hiddenForMs).toBeLessThanOrEqual(LEASE_MS);
      await running.clock.advance(2 * MINUTE);
      expect(runs).toEqual(['begins', 'ends']);
      expect(other.sqs.queue('celery').messages).toEqual([]);
    },
  );
});

/** How a handler ends after its lease is lost. */
const endings = {
  'with a result': () => 'a result',
  'with an error': () => {
    throw new Error('too late');
  },
  'with a retry': () => {
    throw new Retry({ countdown: 1 });
  },
  'with a refusal': () => {
    throw new Reject({ requeue: true });
  },
};

/** A task that runs until it is told to end. */
class Held {
  signal: AbortSignal | undefined;
  end = (): void => {};
  readonly told = new Promise<void>((resolve) => (this.end = resolve));
}

/** Another consumer of the queue, and everything that it needs to know of the first one's message. */
class OtherConsumer {
  readonly #client: SQSClient;

  constructor(private readonly sqs: LocalSqs) {
    this.#client = new SQSClient(localOptions(sqs).clientConfig ?? {});
  }

  async makeVisible(receiptHandle: string): Promise<void> {
    const QueueUrl = this.sqs.queueUrl('celery');
    await this.#client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: receiptHandle, VisibilityTimeout: 0 }),
    );
  }

  /** Takes the message for an hour. */
  async receive(): Promise<Message | undefined> {
    const QueueUrl = this.sqs.queueUrl('celery');
    const { Messages } = await this.#client.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 3_600 }));
    return Messages?.[0];
  }

  async delete({ ReceiptHandle }: Message): Promise<void> {
    await this.#client.send(new DeleteMessageCommand({ QueueUrl: this.sqs.queueUrl('celery'), ReceiptHandle }));
  }
}

/** How the message of a running task gets to another consumer. */
const losses = {
  /** No extension is confirmed until the lease is over. */
  async expired({ sqs, clock }: VirtualApp): Promise<Message | undefined> {
    sqs.fail({ action: 'ChangeMessageVisibilityBatch', how: 'error', times: Infinity });
    await clock.advance(LEASE_MS);
    sqs.clearFaults();
    return new OtherConsumer(sqs).receive();
  },
  /** Somebody makes it visible and takes it; the next extension is refused. */
  async refused({ sqs, clock }: VirtualApp, receiptHandle: string): Promise<Message | undefined> {
    const other = new OtherConsumer(sqs);
    await other.makeVisible(receiptHandle);
    const message = await other.receive();
    await clock.advance(LEASE_MS);
    return message;
  },
};

/** The client of an application that lets the test see the receipt handles of what it receives. */
function watchedClient(sqs: LocalSqs, handles: string[]): SQSClient {
  const client = new SQSClient({ ...localOptions(sqs).clientConfig, maxAttempts: 1 });
  client.middlewareStack.add(
    (next) => async (input) => {
      const result = await next(input);
      const { Messages = [] } = result.output as Partial<ReceiveMessageCommandOutput>;
      handles.push(...Messages.flatMap(({ ReceiptHandle }) => ReceiptHandle ?? []));
      return result;
    },
    { step: 'initialize' },
  );
  return client;
}

describe.each(Object.keys(losses) as (keyof typeof losses)[])('a task whose lease is lost (%s)', (loss) => {
  it.each(Object.entries(endings))('is told, and ends %s without a trace', async (_, ending) => {
    const held = new Held();
    const seen: string[] = [];

    @Injectable()
    class Tasks {
      @Task('held')
      async held(@TaskContext() { signal }: TaskRequest): Promise<unknown> {
        held.signal = signal;
        await held.told;
        seen.push('ended');
        return ending();
      }

      @Task('next')
      next(): void {
        seen.push('next');
      }
    }

    await using endpoint = await startVirtualSqs();
    const { sqs, clock } = endpoint;
    const handles: string[] = [];
    const client = watchedClient(sqs, handles);
    onTestFinished(() => client.destroy());
    // One slot: while it is taken, this application does not receive its message again.
    const options = { client, clientConfig: undefined, concurrency: 1 };
    await using running = await startVirtualApp({ providers: [Tasks], options, on: endpoint });
    const next = signature('next', { immutable: true });
    await running.tasks.send('held', { link: next, linkError: next });
    await clock.settle();
    expect(held.signal?.aborted).toBe(false);

    const message = await losses[loss](running, handles[0] ?? '');
    expect(message).toBeDefined();
    expect(held.signal?.reason).toBeInstanceOf(LeaseLostError);
    expect(held.signal?.reason).toMatchObject({ reason: loss });
    sqs.resetRequestCounts();

    held.end();
    await clock.advance(5 * MINUTE);
    expect(seen).toEqual(['ended']);
    expect(Object.keys(sqs.requestCounts())).toEqual(['ReceiveMessage']);
    expect(sqs.queue('celery').messages).toMatchObject([{ state: 'inFlight', receiveCount: 2 }]);
    expect(running.log.of({ level: 'warn' }).filter((line) => line.includes('lost'))).toEqual([
      expect.stringContaining(`was lost (${loss})`),
      expect.stringContaining('lost its lease: another worker may run it; nothing of this run was kept'),
    ]);
    expect(running.log.text()).not.toMatch(/succeeded|raised|retry:|reject/);
    expect(running.app.get(WorkerControl).counts()).toEqual({ received: 1, started: 1, leaseLost: 1 });

    // The other consumer's receipt is the one that counts.
    await new OtherConsumer(sqs).delete(message ?? {});
    expect(sqs.queue('celery').messages).toEqual([]);
  });
});

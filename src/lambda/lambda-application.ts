import type { INestApplicationContext } from '@nestjs/common';
import type { Clock } from '#celery';
import { SqsConnections } from '../connections/sqs-connections.js';
import { CLOCK } from '../tokens.js';
import { EventSources } from './event-sources.js';
import { Invocation } from './invocation.js';
import { InvocationTime } from './invocation-time.js';
import type { LambdaContext, SQSEvent, SQSRecord } from './sqs-event.js';

/** What there is once the application has started. */
interface Started {
  readonly app: INestApplicationContext;
  readonly sources: EventSources;
  readonly clock: Clock;
}

/** The application of a function: started by its first invocation, and kept for all that follow. */
export class LambdaApplication {
  #started: Promise<Started> | undefined;

  /** @param create makes the application context; it need not be initialised */
  constructor(private readonly create: () => Promise<INestApplicationContext>) {}

  /** Resolves with the ids of the messages that are to be delivered again. */
  async run({ Records: records }: SQSEvent, context: LambdaContext): Promise<string[]> {
    const { sources, clock } = await this.#ready();
    const byArn = groupByArn(records);
    const queues = [...byArn].map(([arn, ofQueue]) => ({ source: sources.find(arn), records: ofQueue }));
    const hiddenMs = queues.map(({ source }) => source.hiddenMs);
    const time = new InvocationTime(clock, Math.min(context.getRemainingTimeInMillis(), ...hiddenMs));
    try {
      const failed = queues.map(({ source, records: ofQueue }) => new Invocation(source, ofQueue, time, clock).run());
      const ids = (await Promise.all(failed)).flat();
      // Lambda freezes the process once it has its answer.
      await Promise.race([sources.listenersSettled(), time.over]);
      return ids;
    } finally {
      time.stop();
    }
  }

  /** Closes the application if it was started; a later invocation starts another one. */
  async close(): Promise<void> {
    // Whoever waits for a start that fails hears of it.
    const starting = this.#started?.catch(() => undefined);
    this.#started = undefined;
    await (await starting)?.app.close();
  }

  /** A start that failed is tried again by the next invocation: Lambda would keep the environment, and its failure, for hours. */
  #ready(): Promise<Started> {
    this.#started ??= this.#start().catch((error: unknown) => {
      this.#started = undefined;
      throw error;
    });
    return this.#started;
  }

  async #start(): Promise<Started> {
    const app = await this.create();
    await app.init();
    const clock = app.get<Clock>(CLOCK, { strict: false });
    const connections = app.get(SqsConnections, { strict: false });
    return { app, clock, sources: new EventSources(connections.all(), clock) };
  }
}

/** An invocation has messages of one queue; a test may hand over more. */
function groupByArn(records: readonly SQSRecord[] | undefined): ReadonlyMap<string, readonly SQSRecord[]> {
  if (!Array.isArray(records))
    throw new TypeError(
      'The event has no Records: a Lambda handler of tasks is for event source mappings of SQS queues.',
    );
  const byArn = new Map<string, SQSRecord[]>();
  for (const record of records as readonly SQSRecord[]) {
    byArn.set(record.eventSourceARN, [...(byArn.get(record.eventSourceARN) ?? []), record]);
  }
  return byArn;
}

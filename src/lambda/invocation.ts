import type { Clock } from '#celery';
import type { EventSourceQueue } from './event-source-queue.js';
import type { InvocationTime } from './invocation-time.js';
import { LambdaDelivery } from './lambda-delivery.js';
import type { SQSRecord } from './sqs-event.js';

/** Messages that run one after the other. */
type Lane = readonly LambdaDelivery[];

/** The messages of one queue in one invocation. */
export class Invocation {
  readonly #deliveries: readonly LambdaDelivery[];
  readonly #lanes: Lane[];

  constructor(
    private readonly source: EventSourceQueue,
    records: readonly SQSRecord[],
    private readonly time: InvocationTime,
    private readonly clock: Clock,
  ) {
    this.#deliveries = records.map((record) => new LambdaDelivery({ record, source, time }));
    this.#lanes = lanesOf(this.#deliveries, source.queue.fifo);
  }

  /** Resolves with the ids of the messages that are to be delivered again, in their order: at the latest when the time is over. */
  async run(): Promise<string[]> {
    const slots = Array.from({ length: Math.min(this.source.concurrency, this.#lanes.length) }, () => this.#work());
    const ran = Promise.all(slots);
    await Promise.race([ran, this.time.ended]);
    // Slots that are still taken take no more lanes.
    const unstarted = this.source.handBack(this.#lanes.splice(0).flat());
    await Promise.race([Promise.all([ran, unstarted]), this.time.over]);
    return this.#deliveries.filter(({ isDone }) => !isDone).map(({ messageId }) => messageId);
  }

  async #work(): Promise<void> {
    for (let lane = this.#lanes.shift(); lane; lane = this.#lanes.shift()) await this.#runLane(lane);
  }

  /** Nothing of a lane runs behind what has to be delivered again: that would change the order of its group. */
  async #runLane(lane: Lane): Promise<void> {
    for (const [index, delivery] of lane.entries()) {
      if (!this.time.isEnough) return this.source.handBack(lane.slice(index));
      delivery.followers = lane.slice(index + 1);
      const since = this.clock.monotonic();
      await this.source.handle(delivery);
      this.time.ran(since);
      if (!delivery.isDone) return;
    }
  }
}

/** On a FIFO queue each group is a lane. */
function lanesOf(deliveries: readonly LambdaDelivery[], fifo: boolean): Lane[] {
  if (!fifo) return deliveries.map((delivery) => [delivery]);
  const groups = new Map<string | undefined, LambdaDelivery[]>();
  for (const delivery of deliveries) {
    const group = groups.get(delivery.messageGroupId) ?? [];
    groups.set(delivery.messageGroupId, [...group, delivery]);
  }
  return [...groups.values()];
}

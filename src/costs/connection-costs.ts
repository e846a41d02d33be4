import { Logger } from '@nestjs/common';
import { RequestCounter, type RequestCount } from '#sqs';
import type { TaskEvents } from '../events/task-events.js';
import { WAIT_TIME_SECONDS, type ResolvedQueue } from '../options/resolve-options.js';
import { estimateCosts, type CostEstimate } from './cost-estimate.js';
import { costSummary } from './cost-summary.js';

/** What a connection asks of SQS, from the start of the process to its end. */
export class ConnectionCosts {
  readonly #log = new Logger('kombu.transport.SQS');
  /** Is told of each request by the transport. */
  readonly requests: RequestCounter;
  #waitTimes: ReadonlyMap<string, number> = new Map();

  /** @param name of the connection */
  constructor(
    private readonly name: string,
    private readonly events: TaskEvents,
  ) {
    this.requests = new RequestCounter((request) => events.transport.tell('sqsRequest', request));
  }

  /** Says how its queues are polled, if they are. */
  begin(queues: readonly ResolvedQueue[]): void {
    this.#waitTimes = new Map(
      queues.map(({ name, receive }) => [name, receive.waitTimeSeconds ?? WAIT_TIME_SECONDS] as const),
    );
  }

  counts(): readonly RequestCount[] {
    return this.requests.counts();
  }

  estimate(): CostEstimate {
    return estimateCosts({ counts: this.counts(), events: this.events.worker.counts, waitTimes: this.#waitTimes });
  }

  /** Logs what it came to, if there was anything. */
  report(): void {
    const counts = this.counts();
    // A line of its own under the prefix of Nest's logger keeps the columns straight.
    if (counts.length > 0) this.#log.log(`\n${costSummary(this.name, counts, this.estimate())}\n`);
  }
}

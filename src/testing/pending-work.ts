import type { LocalSqs } from '#sqs-local';
import type { SqsConnection } from '../sqs-connection.js';

/** What there is to do in a queue that a connection consumes. */
export interface PendingWork {
  /** Celery name. */
  readonly queue: string;
  /** Whether a message can be received, or is being worked on. */
  readonly now: boolean;
  /** Whether one waits: for a delay, an ETA, a retry, a lease. */
  readonly later: boolean;
}

/** Looks without a request; queues that are not received from, as they are paused, not started or deleted, do not count. */
export function pendingWork(connection: SqsConnection, sqs: LocalSqs): PendingWork[] {
  const existing = new Set(sqs.queueNames());
  return connection.control.queues().flatMap(({ mode, queue, running, waiting, acknowledging, aside }) => {
    const sqsName = sqsNameOf(queue, connection);
    if (mode !== 'running' || !existing.has(sqsName)) return [];
    const { visible, delayed, inFlight } = sqs.queue(sqsName);
    return [{ queue, now: visible + running + waiting + acknowledging > 0, later: delayed + inFlight + aside > 0 }];
  });
}

function sqsNameOf(name: string, { opened }: SqsConnection): string {
  return opened.options.queues.find((queue) => queue.name === name)?.sqsName ?? name;
}

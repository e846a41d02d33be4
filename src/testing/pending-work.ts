import type { LocalSqs } from '#sqs-local';
import type { SqsConnection } from '../sqs-connection.js';

/** What there is to do in the queues that a connection consumes. */
export interface PendingWork {
  /** Whether a message can be received, or is being worked on. */
  readonly now: boolean;
  /** Whether one waits: for a delay, an ETA, a retry, a lease. */
  readonly later: boolean;
}

/** Looks without a request; queues that are not received from, as they are paused or not started, do not count. */
export function pendingWork(connection: SqsConnection, sqs: LocalSqs): PendingWork {
  const running = connection.control.queues().filter(({ mode }) => mode === 'running');
  const queues = running.map((state) => ({ ...state, ...countsOf(state.queue, connection, sqs) }));
  return {
    now: queues.some((queue) => queue.visible + queue.running + queue.waiting + queue.acknowledging > 0),
    later: queues.some((queue) => queue.delayed + queue.inFlight + queue.aside > 0),
  };
}

function countsOf(name: string, connection: SqsConnection, sqs: LocalSqs) {
  const sqsName = connection.opened.options.queues.find((queue) => queue.name === name)?.sqsName ?? name;
  const { visible, delayed, inFlight } = sqs.queue(sqsName);
  return { visible, delayed, inFlight };
}

import type { ConsumerState } from '#sqs';
import type { SqsConnection } from '../sqs-connection.js';
import type { ConnectionHealth, QueueHealth, RunningTaskHealth } from './health-report.js';
import type { RunningTask } from './running-tasks.js';

/** What a check looks at. */
export interface ConnectionSnapshot {
  readonly name: string;
  readonly connected: boolean;
  readonly queues: readonly ConsumerState[];
  readonly oldest: RunningTask | undefined;
  readonly zombies: readonly RunningTask[];
}

/** Asks nothing of SQS. */
export function snapshotOf({ name, isOpen, control, running }: SqsConnection): ConnectionSnapshot {
  return { name, connected: isOpen, queues: control.queues(), oldest: running.oldest, zombies: running.zombies };
}

/** What is shown of a connection. */
export function connectionHealth({ connected, queues, oldest }: ConnectionSnapshot): ConnectionHealth {
  return {
    connected,
    queues: Object.fromEntries(queues.map((queue) => [queue.queue, queueHealth(queue)])),
    ...(oldest && { oldestTask: runningTask(oldest) }),
  };
}

function queueHealth({ mode, running, waiting, failures, trouble, ...polls }: ConsumerState): QueueHealth {
  const { lastPollAgeMs, lastError } = polls;
  return {
    mode,
    running,
    waiting,
    failures,
    ...(lastPollAgeMs !== undefined && { lastPollSeconds: Math.round(lastPollAgeMs) / 1000 }),
    ...(trouble && { trouble }),
    ...(trouble && lastError && { code: lastError.code }),
  };
}

function runningTask({ request: { task, id }, seconds }: RunningTask): RunningTaskHealth {
  return { task, id, seconds: Math.round(seconds * 1000) / 1000 };
}

import type { RequestCount } from '#sqs';
import type { WorkerEvent } from '#worker';

/** What the requests of a connection in this process come to. All figures are requests on SQS's bill: prices differ by region and year. */
export interface CostEstimate {
  /** Tasks that have ended here, whatever became of them; messages of `@RawMessage` handlers are counted as well. */
  readonly tasks: number;
  /** Billed so far. */
  readonly billed: number;
  /** Of these, receives that brought no message: they come with time, not with tasks. */
  readonly empty: number;
  /** What a million tasks come to, without empty receives; undefined before one has ended. */
  readonly perMillionTasks: number | undefined;
  /** Empty receives beside a million tasks, at the pace so far; undefined before a task has ended. */
  readonly emptyPerMillionTasks: number | undefined;
  /**
   * A month of 730 hours without any task: polls of the queues that have been polled, by their `waitTimeSeconds`, and a look at each
   * dead-letter queue of `deadLetterResults` every minute. Undefined where a queue has `waitTimeSeconds: 0`, and is polled as fast as
   * SQS answers.
   */
  readonly perIdleMonth: number | undefined;
}

/** What an estimate is made of. */
export interface CostFacts {
  readonly counts: readonly RequestCount[];
  /** How often each event has happened. */
  readonly events: Readonly<Partial<Record<WorkerEvent, number>>>;
  /** Seconds that a poll waits, by Celery name of the queue. */
  readonly waitTimes: ReadonlyMap<string, number>;
}

const MILLION = 1_000_000;
const MONTH_SECONDS = 730 * 3600;
/** A dead-letter queue that is read is asked how many messages it has, every minute. */
const DEAD_LETTER_SECONDS = 60;

/** Each task that is settled for good is one of these. */
const ENDS: readonly WorkerEvent[] = [
  'succeeded',
  'failed',
  'ignored',
  'replaced',
  'rejected',
  'expired',
  'revoked',
  'rawHandled',
];

/** Projects what was counted. */
export function estimateCosts({ counts, events, waitTimes }: CostFacts): CostEstimate {
  const tasks = sum(ENDS, (event) => events[event] ?? 0);
  const billed = sum(counts, (count) => count.billed);
  const empty = sum(counts, (count) => count.empty);
  const perMillion = (requests: number): number | undefined =>
    tasks === 0 ? undefined : Math.round((requests / tasks) * MILLION);
  return {
    tasks,
    billed,
    empty,
    perMillionTasks: perMillion(billed - empty),
    emptyPerMillionTasks: perMillion(empty),
    perIdleMonth: idleMonth(counts, waitTimes),
  };
}

function idleMonth(counts: readonly RequestCount[], waitTimes: ReadonlyMap<string, number>): number | undefined {
  const pauses = counts.flatMap((count) => pauseOf(count, waitTimes.get(count.queue)) ?? []);
  return pauses.includes(0) ? undefined : Math.round(sum(pauses, (seconds) => MONTH_SECONDS / seconds));
}

/** Seconds between two such requests while nothing comes; undefined for what only tasks are the reason of. */
function pauseOf({ action, requests }: RequestCount, waitTime: number | undefined): number | undefined {
  if (waitTime !== undefined) return action === 'ReceiveMessage' ? waitTime : undefined;
  // No queue of the options: a dead-letter queue. The first of its requests finds it, which does not mean that it is read.
  return action === 'GetQueueAttributes' && requests > 1 ? DEAD_LETTER_SECONDS : undefined;
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
